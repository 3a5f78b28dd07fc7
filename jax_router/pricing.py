"""A price on money: what a router that is told the price sees, and what it earns."""

import jax
import jax.numpy as jnp

MIN_PRICE, MAX_PRICE = 0.3, 10_000.0
"""The range of prices that serves every budget of the scenarios, reward per USD on top of `cost_weight`."""
USUAL_REWARD, USUAL_COST = 0.3, 0.02
"""The usual reward of a prompt at no price, and its usual cost, USD: together the scale of rewards at a price.

They were chosen for the preset fleet, whose models cost 0.0005 to 0.03 USD a prompt. A fleet ten times as dear earns
rewards ten times as large at high prices; a learner that scales rewards by their running deviation takes that out.
"""


def priced_observation(observation: jax.Array, log_price: jax.Array) -> jax.Array:
    """A router's observation with the price in the place of the budget, (..., N + 5) float32.

    The share of the budget is held at 1: the price alone speaks for money.

    Args:
        observation: (..., N + 4) float32, see `jax_router.observe`.
        log_price: (...) float32, natural logarithm of the price, reward per USD.
    """
    money = jnp.stack([jnp.ones_like(log_price), log_price], axis=-1)
    return jnp.concatenate([observation[..., :-1], money], axis=-1)


def priced_reward(reward: jax.Array, cost: jax.Array, price: jax.Array) -> jax.Array:
    """The reward less the price of the money spent, all () float32, on one scale for all prices.

    High prices would drown low ones: the difference is divided by what it usually is at its price.

    Args:
        reward: of the simulator.
        cost: USD.
        price: reward per USD.
    """
    return (reward - price * cost) / (USUAL_REWARD + USUAL_COST * price)
