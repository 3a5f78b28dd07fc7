"""Comparing one priced policy at all its prices with specialists and with single models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console

from jax_router.internal.constants import call_compiled
from jax_router.rollout import run_episodes
from jax_router.simulator import AnyParams, without_budget
from router_serving.priced_policy import PricedPolicy
from train.agents.strategies import as_strategy
from train.algorithm.environments import Task
from train.cli.console import print_sentences, short_number, terminal_table
from train.evaluation.keys import evaluation_key
from train.evaluation.scores import Score
from train.evaluation.scores_table import in_usd
from train.studies.cost_weights import agent_scores, hull_of, model_scores, scores_of_each, train_for_weights
from train.studies.hull import Hull

if TYPE_CHECKING:
    from train.algorithm.ppo import PPO

NUM_PRICES = 48
"""The number of prices that the priced policy is run at; its frontier is interpolated between them."""


@dataclass(frozen=True)
class PricedFrontier:
    """Scores over the same episodes, which no budget ends; the price is not subtracted from rewards.

    Costs are USD per 1,000 prompts, prices reward per USD on top of the problem's own `cost_weight`.
    """

    policy: Mapping[float, Score]
    """The scores of the priced policy by price, rising."""
    agents: Mapping[float, Sequence[Score]]
    """The scores of the specialists, one for each seed, by the price that they were trained for, rising."""
    models: Mapping[str, Score]
    """The scores of sending every prompt to one model, by its name."""

    @property
    def best_agents(self) -> dict[float, Score]:
        """The agent with the best net reward for each price; picking it on the test episodes favours the agents."""
        return {price: max(seeds, key=lambda one: _net(one, price)) for price, seeds in self.agents.items()}

    @property
    def models_hull(self) -> Hull:
        """The hull of the single models: the quality that mixtures achieve."""
        return hull_of(self.models.values())

    @property
    def num_seeds(self) -> int:
        """The number of agents for every price."""
        return len(next(iter(self.agents.values())))

    def reward_at(self, cost_per_1k: float) -> float:
        """Return what the priced policy earns at a cost, interpolated between neighbouring prices.

        For a higher cost than it has at its lowest price, the result is what it earns at that price, since it never
        spends more. For a lower cost than it has at its highest price, the result is NaN.
        """
        costs = np.array([one.cost_per_1k for one in self.policy.values()])
        rewards = np.array([one.reward.mean for one in self.policy.values()])
        order = np.lexsort((rewards, costs))  # among equal costs, the best is last, where interpolation goes on
        return float(np.interp(cost_per_1k, costs[order], rewards[order], left=np.nan))

    def gain(self, agent: Score) -> float:
        """Return what the policy earns more than an agent at the same cost, a share of the agent's reward, or NaN."""
        difference = self.reward_at(agent.cost_per_1k) - agent.reward.mean
        # A share of a reward of 0 is not defined; only a difference of 0 counts as 0.
        return difference / abs(agent.reward.mean) if agent.reward.mean else 0.0 if difference == 0 else float("nan")


def compare_with_specialists(
    policy: PricedPolicy, ppo: "PPO", task: Task, num_prices: int, seeds: Sequence[int], num_episodes: int, out: Console
) -> PricedFrontier:
    """Train the specialists, and run them, the policy and the single models through the same episodes.

    Args:
        policy: the priced policy.
        ppo: how each specialist is trained, on the environment of `task`.
        task: the routing problem, whose budget is ignored.
        num_prices: how many prices specialists are trained for, evenly spaced over the policy's range on a logarithmic
            scale.
        seeds: the seeds of the specialists at each price; the episodes follow from the first seed.
        num_episodes: the number of episodes that each of them runs through.
        out: the console that shows the progress of the training.
    """
    params = without_budget(task.params)
    key = evaluation_key(seeds[0])
    prices = np.geomspace(policy.min_price, policy.max_price, num_prices)
    weights = np.asarray(params.reward.cost_weight + prices, np.float32)
    by_seed = []
    for seed in seeds:
        agents = train_for_weights(ppo, params, weights, seed, out)
        by_seed.append(agent_scores(ppo, agents, key, num_episodes, params, task.model_names))
    return PricedFrontier(
        policy=scores_at_prices(policy, key, num_episodes, params),
        agents=dict(zip(map(float, prices), zip(*by_seed, strict=True), strict=True)),
        models=model_scores(key, num_episodes, params, task.model_names),
    )


def print_frontier(frontier: PricedFrontier, scenario: str, num_episodes: int, out: Console) -> None:
    """Print the table of the specialists, and a summary in words."""
    title = f"{scenario}: {num_episodes} episodes, the same for all, which no budget ends"
    out.print(terminal_table(title, frontier_rows(frontier)))
    print_sentences(out, frontier_in_words(frontier))


def frontier_rows(frontier: PricedFrontier) -> list[list[str]]:
    """Return a header, and a row for the best agent of each price."""
    rows = [
        ["agent for the price", "USD per 1,000", "quality", "SLA violations", "reward", "priced policy's", "difference"]
    ]
    for price, agent in frontier.best_agents.items():
        numbers = [in_usd(agent.cost_per_1k), f"{agent.quality:.4f}", f"{agent.sla_violation_rate:.1%}"]
        reward, gain = frontier.reward_at(agent.cost_per_1k), frontier.gain(agent)
        ours = ["-", "-"] if np.isnan(gain) else [f"{reward:.1f}", f"{gain:+.2%}"]
        rows.append([short_number(price), *numbers, f"{agent.reward.mean:.1f}", *ours])
    return rows


def frontier_in_words(frontier: PricedFrontier) -> str:
    """Say how the policy compares with the best agents, and with all agents, where it reaches their costs."""
    best = np.array([frontier.gain(agent) for agent in frontier.best_agents.values()])
    every = np.array([frontier.gain(agent) for seeds in frontier.agents.values() for agent in seeds])
    if np.isnan(best).all():
        return "No agent costs as much as the priced policy at its highest price."
    one_seed = frontier.num_seeds == 1
    whom = "the agent of each price" if one_seed else f"the best of {frontier.num_seeds} agents of each price"
    text = f"At the cost of {whom}, the priced policy earns {np.nanmin(best):+.2%} to {np.nanmax(best):+.2%} more"
    if not one_seed:
        text += f"; of any of the agents, {np.nanmin(every):+.2%} to {np.nanmax(every):+.2%}"
    not_reached = int(np.isnan(best).sum())
    if not_reached:
        lowest = min(score.cost_per_1k for score in frontier.policy.values())
        them_spend = "One of them spends" if not_reached == 1 else f"{not_reached} of them spend"
        text += f". {them_spend} less than it does at any price ({in_usd(lowest)} USD per 1,000)"
    return text + "."


def scores_at_prices(policy: PricedPolicy, key: jax.Array, num_episodes: int, params: AnyParams) -> dict[float, Score]:
    """Return the scores of a priced policy at `NUM_PRICES` prices from all over its range, over the same episodes."""
    prices = np.geomspace(policy.min_price, policy.max_price, NUM_PRICES)

    def run(prices: jax.Array, params: AnyParams) -> object:
        return jax.lax.map(lambda price: run_episodes(key, as_strategy(policy, price), num_episodes, params), prices)

    scores = scores_of_each(call_compiled(run, jnp.asarray(prices, jnp.float32), params), policy.model_names)
    return dict(zip(map(float, prices), scores, strict=True))


def _net(agent: Score, price: float) -> float:
    """Return the mean reward of an episode less the price times its cost."""
    return agent.reward.mean - price * agent.cost
