"""Policy files as strategies of the simulator: `act` in JAX, at a price or with a pacer."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import Params, State
from jax_router.pacing import Paced
from jax_router.plan import Plan
from jax_router.policy import AnyPolicy
from jax_router.policy import Policy as Strategy
from jax_router.pricing import priced_observation
from router_serving.policy import OBSERVATION_CLIP, Policy
from router_serving.priced_policy import PricedPolicy
from train.algorithm.networks import ACTIVATIONS

NUM_PRICES = 4
"""Fixed prices that a priced policy is shown at."""


def as_strategy(policy: Policy, price: float | jax.Array | None = None) -> Strategy:
    """The likeliest action of a policy; of a priced one, at `price`, reward per USD.

    Raises `ValueError` for a priced policy without a price and the other way round.
    """
    if isinstance(policy, PricedPolicy) != (price is not None):
        raise ValueError("a priced policy acts at a price, and no other does")
    network = preferences(policy)

    def strategy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        if price is not None:
            log_price = jnp.log(jnp.asarray(price, jnp.float32))
            observation = priced_observation(observation, jnp.broadcast_to(log_price, observation.shape[:-1]))
        return jnp.argmax(network(observation), axis=-1).astype(jnp.int32)

    return strategy


def paced(policy: PricedPolicy, params: Params, by_time: bool = False, cost_ratio: float = 1.0) -> Paced:
    """A priced policy with a pacer that spends the budget of `params`; see `jax_router.pacing.Paced`."""
    plan = Plan(jnp.log(jnp.asarray(policy.plan.prices)), jnp.asarray(policy.plan.cost))
    return Paced(preferences(policy), plan, params, by_time, cost_ratio)


def ratio_for_wrong_price(policy: PricedPolicy, params: Params, factor: float) -> float:
    """What costs must be thought to be, over the plan's, for a first price that is `factor` times the right one."""
    if factor == 1.0:
        return 1.0
    share = float(params.budget) / int(params.episode_length)
    log_prices, costs = np.log(policy.plan.prices), policy.plan.cost.mean(-1)
    right = np.interp(-share, -costs, log_prices)
    return share / float(np.interp(right + np.log(factor), log_prices, costs))


def all_strategies(name: str, policy: Policy, params: Params) -> dict[str, AnyPolicy]:
    """What is shown of a policy, by name: of a priced one, the pacer first and then fixed prices."""
    if not isinstance(policy, PricedPolicy):
        return {name: as_strategy(policy)}
    prices = np.geomspace(policy.min_price, policy.max_price, NUM_PRICES)
    fixed: dict[str, AnyPolicy] = {f"{name}, price {_short(price)}": as_strategy(policy, price) for price in prices}
    return {f"{name}, paced": paced(policy, params)} | fixed


def preferences(policy: Policy) -> Callable[[jax.Array], jax.Array]:
    """The policy's network: what it sees, (B, D) float32, to its preference for each model, (B, N) float32."""
    mean, scale = jnp.asarray(policy.observation_mean), jnp.asarray(policy.observation_scale)
    layers = [(jnp.asarray(kernel), jnp.asarray(bias)) for kernel, bias in policy.layers]
    activation = ACTIVATIONS[policy.activation]

    def one(observation: jax.Array) -> jax.Array:
        x = jnp.clip((observation - mean) / scale, -OBSERVATION_CLIP, OBSERVATION_CLIP)
        for kernel, bias in layers[:-1]:
            x = activation(x @ kernel + bias)
        kernel, bias = layers[-1]
        return x @ kernel + bias

    return jax.vmap(one)


def _short(price: float) -> str:
    """Three digits, and never an exponent: 0.3, 6.46, 139, 3,000."""
    return f"{float(f'{price:.3g}'):,g}"
