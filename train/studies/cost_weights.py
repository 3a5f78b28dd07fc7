"""Agents that are trained at once for a range of cost weights, and their costs and qualities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.progress import track

from jax_router.episodes import Episodes
from jax_router.rollout import compare
from jax_router.simulator import AnyParams
from jax_router.strategies import constant
from train.agents.strategies import greedy_episodes
from train.algorithm.environments import Task
from train.bounds.bound import Bound
from train.bounds.known import QualityBound, quality_bound_of
from train.evaluation.bounds import bound_as_json, bound_cells, bound_of_episodes
from train.evaluation.keys import evaluation_key
from train.evaluation.scores import Score, score
from train.evaluation.scores_table import in_usd
from train.studies.hull import Hull, average_improvement_in_quality, common_range, non_decreasing_hull
from train.studies.learning import even_parts

if TYPE_CHECKING:
    from train.algorithm.ppo import PPO, TrainState

LOWEST_WEIGHT, HIGHEST_WEIGHT = 1.0, 1000.0
"""The usual range of cost weights, reward per USD: from the default to one that sends most to the cheapest model."""
NUM_BLOCKS = 20
"""The most parts that the progress of a training is shown in."""


@dataclass(frozen=True)
class Frontier:
    """Agents and single models over the same episodes; costs are USD per 1,000 prompts, qualities means over them."""

    agents: Mapping[float, Score]
    """The scores of the agents by the `cost_weight` they were trained with, reward per USD, rising."""
    models: Mapping[str, Score]
    """The scores of sending every prompt to one model, by its name, in the order of the actions."""
    quality_bound: QualityBound | None = None
    """The quality that no policy exceeds at a cost; None where it is not known."""
    bound: Bound | None = None
    """The reward that no policy exceeds on these episodes; None where that was not asked for, or is not known."""

    @property
    def agents_hull(self) -> Hull:
        """The hull of the agents, which picking one of them by chance for every episode achieves."""
        return hull_of(self.agents.values())

    @property
    def models_hull(self) -> Hull:
        """The hull of the single models (the zero router), which mixtures achieve."""
        return hull_of(self.models.values())

    @property
    def cost_range(self) -> tuple[float, float] | None:
        """The range of costs at which both hulls are defined, USD per 1,000 prompts; None if there is no such range."""
        return common_range(self.agents_hull, self.models_hull)

    @property
    def aiq(self) -> tuple[float, float] | None:
        """The AIQ of the agents and of the zero router over `cost_range`; None where this is None."""
        if self.cost_range is None:
            return None
        agents, models = (
            average_improvement_in_quality(hull, *self.cost_range) for hull in (self.agents_hull, self.models_hull)
        )
        return agents, models


def sweep(
    ppo: "PPO",
    task: Task,
    cost_weights: np.ndarray,
    seed: int,
    num_episodes: int,
    console: Console,
    bound_seconds: float = 0.0,
) -> Frontier:
    """Train an agent for each weight and run all of them, and each model, through the same episodes.

    Args:
        ppo: the algorithm; its settings say how long to train.
        task: the routing problem; its own `cost_weight` judges all agents alike.
        cost_weights: (A,) float32, reward per USD, rising.
        seed: the seed of every agent.
        num_episodes: how many episodes each agent and each model runs through.
        console: shows the progress of the training.
        bound_seconds: for how long to look for the bound on the reward, about; 0 leaves it out.
    """
    agents = train_for_weights(ppo, task.params, cost_weights, seed, console)
    key = evaluation_key(seed)
    scores = agent_scores(ppo, agents, key, num_episodes, task.params, task.model_names)
    return Frontier(
        agents=dict(zip(map(float, cost_weights), scores, strict=True)),
        models=model_scores(key, num_episodes, task.params, task.model_names),
        quality_bound=quality_bound_of(task.params),
        bound=bound_of_episodes(key, task.params, num_episodes, bound_seconds, console),
    )


def frontier_rows(frontier: Frontier) -> list[list[str]]:
    """Return a header, rows for the agents by cost weight, for the single models by cost, and one for the bound."""
    models = sorted(frontier.models.items(), key=lambda item: item[1].cost_per_1k)
    named = [(f"agent, cost weight {weight:.3g}", one) for weight, one in frontier.agents.items()]
    named += [(f"always {name}", one) for name, one in models]
    rows = [["strategy", "USD per 1,000", "quality", "SLA violations", "reward", *frontier.models]]
    for name, one in named:
        numbers = [in_usd(one.cost_per_1k), f"{one.quality:.4f}", f"{one.sla_violation_rate:.1%}"]
        shares = [f"{share:.0%}" for share in one.model_share.values()]
        rows.append([name, *numbers, f"{one.reward.mean:.1f}", *shares])
    if frontier.bound is not None:
        row, reward, gap = bound_cells(frontier.bound, max(one.reward.mean for _, one in named))
        rows.append([row, gap, "", "", reward, *("" for _ in frontier.models)])
    return rows


def aiq_in_words(frontier: Frontier) -> str:
    """Say RouterBench's AIQ for the agents and for the zero router, and the costs that it covers."""
    if frontier.cost_range is None or frontier.aiq is None:
        for name, hull in (("agents", frontier.agents_hull), ("models", frontier.models_hull)):
            if len(hull.costs) == 1:
                return f"AIQ is not defined: the {name} all cost the same."
        return "AIQ is not defined: no cost is within the range of the agents and within that of the models."
    low, high = frontier.cost_range
    agents, models = frontier.aiq
    return (
        f"AIQ, the mean quality along the hull from {in_usd(low)} to {in_usd(high)} USD per 1,000 prompts (where "
        f"both hulls are defined): agents {agents:.4f}, mixtures of single models (zero router) {models:.4f}."
    )


def as_json(frontier: Frontier, scenario: str, num_episodes: int) -> dict[str, Any]:
    """Return all numbers of the table, both hulls' `aiq`, and `cost_range` (USD per 1,000 prompts); None: undefined."""
    agents, models = frontier.aiq or (None, None)
    return {
        "scenario": scenario,
        "episodes": num_episodes,
        "agents": [{"cost_weight": weight} | score.as_dict() for weight, score in frontier.agents.items()],
        "models": {name: score.as_dict() for name, score in frontier.models.items()},
        "cost_range": frontier.cost_range,
        "aiq": {"agents": agents, "models": models},
        "upper_bound": bound_as_json(frontier.bound),
    }


def agent_scores(
    ppo: "PPO", agents: "TrainState", key: jax.Array, num_episodes: int, params: AnyParams, model_names: Sequence[str]
) -> list[Score]:
    """Return the scores of A agents, whose leaves all lead with (A,), over the same episodes."""
    run = jax.jit(lambda agents, key, params: greedy_episodes(ppo, agents, key, num_episodes, params))
    return scores_of_each(run(agents, key, params), model_names)


def model_scores(key: jax.Array, num_episodes: int, params: AnyParams, model_names: Sequence[str]) -> dict[str, Score]:
    """The scores of sending every prompt to one model, by its name."""
    constants = {name: constant(i) for i, name in enumerate(model_names)}
    return {name: score(rows, model_names) for name, rows in compare(key, constants, num_episodes, params).items()}


def scores_of_each(episodes: Episodes, model_names: Sequence[str]) -> list[Score]:
    """The scores of A strategies, from fields (A, E, ...)."""
    rows = jax.tree.map(np.asarray, episodes)
    return [score(jax.tree.map(lambda field, i=i: field[i], rows), model_names) for i in range(len(rows.reward))]


def cost_weights(lowest: float, highest: float, count: int) -> np.ndarray:
    """Return weights that are evenly spaced on a logarithmic scale, (count,) float32, reward per USD."""
    return np.geomspace(lowest, highest, count, dtype=np.float32)


def train_for_weights(ppo: "PPO", params: Any, cost_weights: np.ndarray, seed: int, console: Console) -> "TrainState":
    """Train an agent for each `cost_weight`, (A,) float32, all from the same seed; every leaf leads with (A,)."""

    def with_weight(weight: jax.Array) -> Any:
        return replace(params, reward=replace(params.reward, cost_weight=weight))

    def init(weight: jax.Array) -> "TrainState":
        return ppo.init(jax.random.key(seed), with_weight(weight))

    def update(agent: "TrainState", weight: jax.Array, num_updates: jax.Array) -> "TrainState":
        return ppo.update_block(agent, with_weight(weight), num_updates)[0]

    weights = jnp.asarray(cost_weights, jnp.float32)
    agents = jax.jit(lambda weights: jax.lax.map(init, weights))(weights)  # not vmap: batched QR deadlocks
    update_all = jax.jit(jax.vmap(update, in_axes=(0, 0, None)), donate_argnums=0)
    for num_updates in track(even_parts(ppo.learning.num_updates, NUM_BLOCKS), "training agents", console=console):
        agents = jax.block_until_ready(update_all(agents, weights, np.int32(num_updates)))
    return agents


def hull_of(scores: Iterable[Score]) -> Hull:
    """The hull of costs, USD per 1,000 prompts, and qualities."""
    points = [(one.cost_per_1k, one.quality) for one in scores]
    return non_decreasing_hull(*np.array(points, np.float64).T)
