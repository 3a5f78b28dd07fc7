"""From an agent's train state to the policy that serves."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import versions
from jax_router.environment import AnyEnvironment, FleetEnvironment
from jax_router.internal.constants import as_arrays, compiled
from jax_router.policy import with_memory
from jax_router.simulator import AnyParams
from router_serving.network import Network, plain_network
from router_serving.pacing import make_plan
from router_serving.policy import NetworkPolicy, Origin, Policy
from router_serving.priced_policy import PricedNetwork
from train.agents.days import run_days
from train.agents.paced import Preferences
from train.agents.strategies import at_price, preferences
from train.algorithm.config import Config
from train.algorithm.networks import shared_table
from train.algorithm.shared_network import served_network

if TYPE_CHECKING:
    from train.algorithm.ppo import TrainState

RANDOM_FLEETS = "random fleets"
"""The scenario of a policy that was trained on many fleets."""
NUM_PRICES = 33
"""The number of prices that a plan is measured at."""
NUM_PARTS = 24
"""The number of parts of the day in a plan."""
NUM_EPISODES = 64
"""The number of episodes at each price; they begin at random times of the day."""
REHEARSAL_STREAM = 2**31 + 1
"""A number that is folded into the seed's key, so that a plan is measured on other episodes than those of training."""


def export_policy(config: Config, env: AnyEnvironment, agent: "TrainState") -> Policy:
    """Return the policy of one seed.

    The policy of a priced agent gets a plan. Measuring it takes `NUM_PRICES` times `NUM_EPISODES` episodes, about 1 s.
    """
    policy = NetworkPolicy(_origin(config, env), _network(config, env, agent))
    if not config.problem.priced:
        return policy
    params = env.default_params
    key = jax.random.fold_in(jax.random.key(config.run.seed), REHEARSAL_STREAM)
    prices, cost = rehearse(preferences(policy), params, config.problem.min_price, config.problem.max_price, key)
    budgeting = versions.of(params).budgeting
    load = np.asarray(budgeting.load(params))
    return PricedNetwork(
        **vars(policy),
        plan=make_plan(prices, cost, load, float(budgeting.prompts_per_day(params))),
        mean_costs=np.array(budgeting.mean_costs(params), np.float32),
    )


def origin_of(params: Any, scenario: str, model_names: Sequence[str]) -> Origin:
    """Return the origin of a policy that is trained on a routing problem."""
    observation, num_models = versions.of(params).observation, params.num_models
    columns = {name: np.asarray(column) for name, column in vars(params.fleet).items()}
    return Origin(
        environment=params.simulator.name,
        scenario=scenario,
        models=tuple(_model(name, columns, i) for i, name in enumerate(model_names)),
        observation=observation.names(model_names),
        scales=observation.scales(params),
        time_of_day=observation.time_of_day(num_models),
        budget=observation.budget(num_models),
        numbers={
            name: tuple(float(str(number)) for number in np.atleast_1d(values))
            for name, values in observation.numbers(params).items()
        },
    )


def rehearse(
    preferred: Preferences, params: AnyParams, min_price: float, max_price: float, key: jax.Array
) -> tuple[np.ndarray, np.ndarray]:
    """Return prices (K,), rising, reward per USD, and the mean cost of a prompt at each, (K, H), USD; all float32."""
    prices = np.geomspace(min_price, max_price, NUM_PRICES).astype(np.float32)
    budget = versions.of(params).observation.budget(params.num_models)
    problem = as_arrays(params)

    def costs(log_price: jax.Array) -> jax.Array:
        days = run_days(key, with_memory(at_price(preferred, log_price, budget)), problem, NUM_EPISODES)
        part = jnp.minimum((days.time_of_day * NUM_PARTS).astype(jnp.int32), NUM_PARTS - 1)
        # Every hour starts with one prompt of mean cost, so that an hour no episode reached still has a value.
        total = jnp.full(NUM_PARTS, days.cost.mean()).at[part].add(days.cost)
        return total / jnp.ones(NUM_PARTS, jnp.float32).at[part].add(1.0)

    program = compiled(costs, jnp.log(prices[0]))
    table = np.stack([np.asarray(program(jnp.log(price))) for price in prices])
    # Force the table to fall with the price: sampling noise must not make it rise.
    return prices, np.minimum.accumulate(table, axis=0).astype(np.float32)


def _origin(config: Config, env: AnyEnvironment) -> Origin:
    if isinstance(env, FleetEnvironment) and not config.problem.random_fleets:
        return origin_of(env.default_params, config.problem.scenario, env.model_names)
    if config.problem.random_fleets:
        return Origin(config.problem.env, RANDOM_FLEETS, models=(), observation=(), scales=())
    models = tuple({"name": str(i)} for i in range(env.num_actions))
    return Origin(config.problem.env, config.problem.env, models, observation=(), scales=())


def _network(config: Config, env: AnyEnvironment, agent: "TrainState") -> Network:
    """Return the network that serves an agent, as NumPy arrays."""
    actor = agent.network["params"]["actor"]
    if config.learning.network == "shared":
        return served_network(*shared_table(env), jax.tree.map(lambda leaf: np.array(leaf, np.float32), actor))
    layers = [(actor[f"Dense_{i}"]["kernel"], actor[f"Dense_{i}"]["bias"]) for i in range(len(actor))]
    stats = agent.observation_stats
    return plain_network(layers, stats.mean, stats.variance, config.learning.activation)


def _model(name: str, columns: Mapping[str, np.ndarray], index: int) -> dict[str, Any]:
    # The number goes through the shortest text that makes the same float32: 0.003 and not 0.003000000026.
    return {"name": name} | {column: float(str(values[index])) for column, values in columns.items()}
