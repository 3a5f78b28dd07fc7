"""Agents for a range of prices of money, trained at once, and what they make of cost and quality."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.progress import track

from jax_router import Episodes, Params
from jax_router.rollout import compare
from jax_router.strategies import constant
from train.agents.greedy import greedy_episodes
from train.evaluation.scores import Score, score
from train.run.finish import EVALUATION_STREAM
from train.studies.hull import Hull, average_improvement_in_quality, common_range, non_decreasing_hull
from train.studies.learning import even_parts

if TYPE_CHECKING:
    from train.algorithm.ppo import PPO, TrainState

LOWEST_WEIGHT, HIGHEST_WEIGHT = 1.0, 1000.0
"""The usual range of cost weights, reward per USD: from the default reward's to where most goes to the cheapest."""
NUM_BLOCKS = 20
"""Parts that a training run is shown in, at most."""


@dataclass(frozen=True)
class Frontier:
    """Agents and single models over the same episodes; costs are USD per 1,000 prompts, qualities means over them."""

    agents: Mapping[float, Score]
    """By the `cost_weight` each was trained with, reward per USD, rising."""
    models: Mapping[str, Score]
    """Every prompt to one model, by its name, in the order of the actions."""

    @property
    def agents_hull(self) -> Hull:
        """What choosing among the agents at the start of an episode achieves."""
        return hull_of(self.agents.values())

    @property
    def models_hull(self) -> Hull:
        """The zero router: what choosing blindly among the models achieves."""
        return hull_of(self.models.values())

    @property
    def cost_range(self) -> tuple[float, float] | None:
        """Where both hulls are defined, and AIQ is taken; None where that is no range."""
        return common_range(self.agents_hull, self.models_hull)

    @property
    def aiq(self) -> tuple[float, float] | None:
        """AIQ of the agents and of the zero router over `cost_range`; None where that is no range."""
        if self.cost_range is None:
            return None
        agents, models = (
            average_improvement_in_quality(hull, *self.cost_range) for hull in (self.agents_hull, self.models_hull)
        )
        return agents, models


def sweep(
    ppo: "PPO",
    params: Params,
    model_names: tuple[str, ...],
    cost_weights: np.ndarray,
    num_episodes: int,
    console: Console,
) -> Frontier:
    """Train an agent for each weight and run all of them, and each model, through the same episodes.

    Args:
        ppo: the algorithm; `ppo.config` says how long to train and gives the seed.
        params: the routing problem; its own `cost_weight` judges all agents alike.
        model_names: of its N models.
        cost_weights: (A,) float32, reward per USD, rising.
        num_episodes: that each agent and each model runs through.
        console: for the progress of the training.
    """
    agents = train_for_weights(ppo, params, cost_weights, console)
    key = jax.random.fold_in(jax.random.key(ppo.config.seed), EVALUATION_STREAM)
    scores = agent_scores(ppo, agents, key, num_episodes, params, model_names)
    return Frontier(
        agents=dict(zip(map(float, cost_weights), scores, strict=True)),
        models=model_scores(key, num_episodes, params, model_names),
    )


def agent_scores(
    ppo: "PPO", agents: "TrainState", key: jax.Array, num_episodes: int, params: Params, model_names: tuple[str, ...]
) -> list[Score]:
    """Of A agents, whose leaves all lead with (A,), over the same episodes."""
    run = jax.jit(lambda agents, key, params: greedy_episodes(ppo, agents, key, num_episodes, params))
    return scores_of_each(run(agents, key, params), model_names)


def model_scores(key: jax.Array, num_episodes: int, params: Params, model_names: tuple[str, ...]) -> dict[str, Score]:
    """Every prompt to one model, by its name."""
    constants = {name: constant(i) for i, name in enumerate(model_names)}
    return {name: score(rows, model_names) for name, rows in compare(key, constants, num_episodes, params).items()}


def scores_of_each(episodes: Episodes, model_names: tuple[str, ...]) -> list[Score]:
    """Of A strategies, from fields (A, E, ...)."""
    rows = jax.tree.map(np.asarray, episodes)
    return [score(jax.tree.map(lambda field, i=i: field[i], rows), model_names) for i in range(len(rows.reward))]


def cost_weights(lowest: float, highest: float, count: int) -> np.ndarray:
    """Evenly spaced on a logarithmic scale, (count,) float32, reward per USD."""
    return np.geomspace(lowest, highest, count, dtype=np.float32)


def train_for_weights(ppo: "PPO", params: Params, cost_weights: np.ndarray, console: Console) -> "TrainState":
    """One agent for each `cost_weight`, (A,) float32, all from the same seed; every leaf leads with (A,)."""

    def with_weight(weight: jax.Array) -> Params:
        return replace(params, reward=replace(params.reward, cost_weight=weight))

    def init(weight: jax.Array) -> "TrainState":
        return ppo.init(jax.random.key(ppo.config.seed), with_weight(weight))

    def update(agent: "TrainState", weight: jax.Array, num_updates: jax.Array) -> "TrainState":
        return ppo.update_block(agent, with_weight(weight), num_updates)[0]

    weights = jnp.asarray(cost_weights, jnp.float32)
    agents = jax.jit(lambda weights: jax.lax.map(init, weights))(weights)  # not vmap: batched QR deadlocks
    update_all = jax.jit(jax.vmap(update, in_axes=(0, 0, None)), donate_argnums=0)
    for num_updates in track(even_parts(ppo.config.num_updates, NUM_BLOCKS), "training agents", console=console):
        agents = jax.block_until_ready(update_all(agents, weights, np.int32(num_updates)))
    return agents


def hull_of(scores: Iterable[Score]) -> Hull:
    """Of costs, USD per 1,000 prompts, and qualities."""
    points = [(one.cost_per_1k, one.quality) for one in scores]
    return non_decreasing_hull(*np.array(points, np.float64).T)
