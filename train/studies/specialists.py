"""One priced policy at all its prices, beside agents that were trained for one price each and beside single models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console

from jax_router import Params, run_episodes
from jax_router.simulator import without_budget
from router_serving.priced_policy import PricedPolicy
from train.agents.strategies import as_strategy
from train.algorithm.config import Config
from train.evaluation.scores import Score
from train.run.finish import EVALUATION_STREAM
from train.studies.cost_weights import agent_scores, hull_of, model_scores, scores_of_each, train_for_weights
from train.studies.hull import Hull

if TYPE_CHECKING:
    from jax_router.gymnax_env import LLMRouter

NUM_PRICES = 48
"""That the priced policy is run at: its frontier lies between neighbours."""


@dataclass(frozen=True)
class PricedFrontier:
    """All of them over the same episodes, which no budget ends; rewards are without the price.

    Costs are USD per 1,000 prompts, prices reward per USD on top of the problem's own `cost_weight`.
    """

    policy: Mapping[float, Score]
    """The priced policy by price, rising."""
    agents: Mapping[float, Sequence[Score]]
    """By the price each was trained for, rising; one of every seed."""
    models: Mapping[str, Score]
    """Every prompt to one model, by its name."""

    @property
    def best_agents(self) -> dict[float, Score]:
        """Of every price the seed that earns most once its price is paid: chosen by the very episodes shown."""
        return {price: max(seeds, key=lambda one: _net(one, price)) for price, seeds in self.agents.items()}

    @property
    def models_hull(self) -> Hull:
        """What choosing blindly among the models achieves, in quality."""
        return hull_of(self.models.values())

    @property
    def num_seeds(self) -> int:
        """Agents of every price."""
        return len(next(iter(self.agents.values())))

    def reward_at(self, cost_per_1k: float) -> float:
        """What the priced policy earns for a cost, between neighbouring prices by interpolation.

        Above the cost of its lowest price, where it does not spend more, what it earns there; NaN below the cost of its
        highest.
        """
        costs = np.array([one.cost_per_1k for one in self.policy.values()])
        rewards = np.array([one.reward.mean for one in self.policy.values()])
        order = np.argsort(costs, kind="stable")
        return float(np.interp(cost_per_1k, costs[order], rewards[order], left=np.nan))

    def gain(self, agent: Score) -> float:
        """What the priced policy earns more than an agent at the agent's cost, over the agent's reward; may be NaN."""
        return (self.reward_at(agent.cost_per_1k) - agent.reward.mean) / abs(agent.reward.mean)


def priced_frontier(
    policy: PricedPolicy,
    config: Config,
    env: "LLMRouter",
    num_agents: int,
    num_seeds: int,
    num_episodes: int,
    console: Console,
) -> PricedFrontier:
    """Train the separate agents, and run all of it through the same episodes.

    Args:
        policy: the priced policy.
        config: how each agent is trained, and the first seed; it is not priced.
        env: the environment of that config.
        num_agents: prices that agents are trained for, evenly spaced over the policy's range on a logarithmic scale.
        num_seeds: agents of each price.
        num_episodes: that everyone runs through.
        console: for the progress of the training.
    """
    # Late: the trainer takes seconds to import.
    from train.algorithm.ppo import PPO

    params = without_budget(env.default_params)
    key = jax.random.fold_in(jax.random.key(config.seed), EVALUATION_STREAM)
    prices = np.geomspace(policy.min_price, policy.max_price, num_agents)
    weights = np.asarray(params.reward.cost_weight + prices, np.float32)
    by_seed = []
    for seed in range(config.seed, config.seed + num_seeds):
        ppo = PPO(replace(config, seed=seed), env)
        agents = train_for_weights(ppo, params, weights, console)
        by_seed.append(agent_scores(ppo, agents, key, num_episodes, params, env.model_names))
    return PricedFrontier(
        policy=scores_at_prices(policy, key, num_episodes, params),
        agents=dict(zip(map(float, prices), zip(*by_seed, strict=True), strict=True)),
        models=model_scores(key, num_episodes, params, env.model_names),
    )


def scores_at_prices(policy: PricedPolicy, key: jax.Array, num_episodes: int, params: Params) -> dict[float, Score]:
    """A priced policy by price, at `NUM_PRICES` prices from all over its range, over the same episodes."""
    prices = np.geomspace(policy.min_price, policy.max_price, NUM_PRICES)

    @jax.jit
    def run(prices: jax.Array, params: Params) -> object:
        return jax.lax.map(lambda price: run_episodes(key, as_strategy(policy, price), num_episodes, params), prices)

    scores = scores_of_each(run(jnp.asarray(prices, jnp.float32), params), policy.model_names)
    return dict(zip(map(float, prices), scores, strict=True))


def _net(agent: Score, price: float) -> float:
    """The mean reward of an episode less what its cost is worth at a price."""
    return agent.reward.mean - price * agent.cost
