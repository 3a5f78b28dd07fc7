"""Agents and policy files as strategies of the simulator: `act` in JAX, at a price or with a pacer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import versions
from jax_router.episodes import Episodes
from jax_router.internal.arrays import is_traced
from jax_router.internal.checks import check_number
from jax_router.policy import AnyPolicy
from jax_router.policy import Policy as Strategy
from jax_router.rollout import run_episodes
from jax_router.simulator import AnyParams, observation_size
from router_serving.index_policy import IndexPolicy, IndexTables, worth
from router_serving.pacing import Plan, integral_until
from router_serving.policy import NetworkPolicy, Policy, priced_observation
from router_serving.pretrained import for_fleet
from router_serving.priced_policy import PricedPolicy
from router_serving.shared_network import RewardTerms, SharedNetwork
from train.agents.paced import Paced
from train.agents.reorder import in_order

if TYPE_CHECKING:
    from train.algorithm.ppo import PPO, TrainState

NUM_PRICES = 4
"""The number of fixed prices that a priced policy is evaluated at."""


def greedy(ppo: "PPO", agent: "TrainState") -> Strategy:
    """Return the strategy of one agent that takes its likeliest action."""

    def strategy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return ppo.greedy_action(agent.network, agent.observation_stats, observation)

    return strategy


def nth_agent(agents: "TrainState", index: int) -> "TrainState":
    """Return one of A agents, whose leaves all lead with (A,)."""
    return jax.tree.map(lambda leaf: leaf[index], agents)


def greedy_episodes(ppo: "PPO", agents: "TrainState", key: jax.Array, num_episodes: int, params: AnyParams) -> Episodes:
    """Run each of A agents through the same E whole episodes, fields (A, E, ...); a pure function, to be jitted."""
    return jax.lax.map(lambda agent: run_episodes(key, greedy(ppo, agent), num_episodes, params), agents)


def as_strategy(policy: Policy, price: float | jax.Array | None = None) -> Strategy:
    """Return the strategy that takes a policy's likeliest action; a priced policy acts at `price`, reward per USD.

    An index policy without a price acts at its own. Raises `ValueError` for any other priced policy without a price,
    and for a policy that is not priced with one.
    """
    if price is None and isinstance(policy, IndexPolicy):
        return index_strategy(policy.tables, policy.price)
    if isinstance(policy, PricedPolicy) != (price is not None):
        raise ValueError("a priced policy acts at a price, and no other does")
    preferred = preferences(policy)
    if price is not None:
        if not is_traced(price):
            check_number("price", price, above=0)
        return at_price(preferred, jnp.log(jnp.asarray(price, jnp.float32)), policy.origin.budget)

    def strategy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return jnp.argmax(preferred(observation), axis=-1).astype(jnp.int32)

    return strategy


def at_price(preferred: Callable[[jax.Array], jax.Array], log_price: jax.Array, budget: int | None) -> Strategy:
    """Return the strategy that takes what a priced network prefers at a price, whose log is given as () float32.

    `preferred` is a `paced.Preferences`; `budget` is the index of the share of the budget in an observation.
    """

    def strategy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        log_prices = jnp.broadcast_to(log_price, observation.shape[:-1])
        priced = priced_observation(observation, log_prices, budget, jnp)
        return jnp.argmax(preferred(priced), axis=-1).astype(jnp.int32)

    return strategy


def index_strategy(tables: IndexTables, price: float) -> Strategy:
    """Return the index policy with these tables at a price, reward per USD, which may be 0."""
    worths = _worths(tables)

    def strategy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return jnp.argmax(worths(observation, jnp.float32(price)), axis=-1).astype(jnp.int32)

    return strategy


def paced(policy: PricedPolicy, params: AnyParams, by_time: bool = False, cost_ratio: float = 1.0) -> Paced:
    """Return a priced policy with a pacer that spends the budget of `params`."""
    return Paced(preferences(policy), plan_for(policy.plan, params), params, by_time, cost_ratio)


def plan_for(plan: Plan, params: AnyParams) -> Plan:
    """Return the plan for the simulator: in float32, and with the load of the problem."""
    load = np.asarray(versions.of(params).budgeting.load(params), np.float64)
    here = plan._replace(load=load, load_until=integral_until(load))
    return Plan(*(jnp.asarray(part, jnp.float32) for part in here))


def ratio_for_wrong_price(policy: PricedPolicy, params: AnyParams, factor: float) -> float:
    """Return the `cost_ratio` to begin with so that the first price is `factor` times the right one.

    It is 1 where prompts cost nothing by the plan: no price is wrong then.
    """
    if check_number("factor", factor, above=0) == 1.0:
        return 1.0
    share = float(params.budget) / int(params.episode_length)
    log_prices, costs = policy.plan.log_prices, policy.plan.cost.mean(0)
    right = np.interp(-share, -costs, log_prices)
    planned = float(np.interp(right + np.log(factor), log_prices, costs))
    return share / planned if planned > 0 else 1.0


def name_of(policy: Policy) -> str:
    """Return what tables call a policy that was read from a file."""
    return "index policy of the file" if isinstance(policy, IndexPolicy) else "ppo"


def all_strategies(name: str, policy: Policy, params: AnyParams) -> dict[str, AnyPolicy]:
    """Return the strategies of a policy by name: for a priced one, the pacer first, then fixed prices.

    An index policy that was made for a budget that does not bind needs neither.
    """
    if not isinstance(policy, PricedPolicy) or (isinstance(policy, IndexPolicy) and policy.price == 0):
        return {name: as_strategy(policy)}
    if isinstance(policy, IndexPolicy):
        return {f"{name}, paced": paced(policy, params)}
    prices = np.geomspace(policy.min_price, policy.max_price, NUM_PRICES)
    fixed: dict[str, AnyPolicy] = {f"{name}, price {_short(price)}": as_strategy(policy, price) for price in prices}
    return {f"{name}, paced": paced(policy, params)} | fixed


def preferences(policy: Policy) -> Callable[[jax.Array], jax.Array]:
    """Return the policy as a function from what it sees, (B, D), to preferences, (B, N), both float32.

    A priced policy also sees the natural logarithm of the price, which comes last. Raises `TypeError` for a kind of
    policy that the simulator has no function for.
    """
    if isinstance(policy, IndexPolicy):
        return table_preferences(policy.tables)
    if not isinstance(policy, NetworkPolicy):
        raise TypeError(f"policy is {policy!r}; it must be a NetworkPolicy or an IndexPolicy")
    network = policy.network

    def one(observation: jax.Array) -> jax.Array:
        return jnp.asarray(network.preferences(observation, jnp))

    return jax.vmap(one)


def table_preferences(tables: IndexTables) -> Callable[[jax.Array], jax.Array]:
    """Return what models are worth to the index policy with these tables, as `preferences` of a priced policy."""
    worths = _worths(tables)
    return lambda priced: worths(priced[:, :-1], jnp.exp(priced[:, -1]))


def _worths(tables: IndexTables) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """What every model is worth to an index policy, (B, N), from observations (B, D) and prices, () or (B,)."""
    here = IndexTables(*(jnp.asarray(table) for table in tables))
    each = jax.vmap(lambda seen, price: worth(here, seen, price, jnp))
    return lambda observations, prices: each(observations, jnp.broadcast_to(prices, len(observations)))


def suited(policy: Policy, model_names: Sequence[str], params: AnyParams) -> Policy:
    """Return the policy that routes in this problem: one for any fleet is set up for it, any other has to fit.

    Models that stand in another order in the problem are no other models.

    Raises what `check_fleet` raises, and `ValueError` for a policy of another environment.
    """
    if policy.origin.models:
        is_moved = policy.model_names != tuple(model_names) and set(policy.model_names) == set(model_names)
        if is_moved and isinstance(policy, NetworkPolicy) and policy.origin.environment == params.simulator.name:
            policy = in_order(policy, model_names, versions.of(params).observation.names(model_names))
        check_fleet(policy, model_names, params)
        return policy
    if not isinstance(policy, NetworkPolicy) or policy.origin.environment != params.simulator.name:
        raise ValueError(f"the policy is for {policy.origin.environment}; this is {params.simulator.name}")
    table = versions.of(params).observation.table(params)
    assert isinstance(policy.network, SharedNetwork)
    assert table is not None
    here = replace(policy, network=replace(policy.network, terms=RewardTerms(**table.terms)))
    return for_fleet(here, model_names)


def check_fleet(policy: Policy, model_names: Sequence[str], params: AnyParams) -> None:
    """Raise a `ValueError` where a policy was trained on another fleet, or sees something else."""
    if policy.model_names != tuple(model_names):
        raise ValueError(
            f"the policy routes to {', '.join(policy.model_names)}; this fleet is {', '.join(model_names)}: "
            "name the fleet it was trained on with --fleet"
        )
    size = observation_size(params)
    if policy.observation_size != size:
        raise ValueError(
            f"the policy takes {policy.observation_size} observations; a fleet of {len(model_names)} models gives "
            f"{size}"
        )


def _short(price: float) -> str:
    """Write a price with three digits and never with an exponent: 0.3, 6.46, 139, 3,000."""
    return f"{float(f'{price:.3g}'):,g}"
