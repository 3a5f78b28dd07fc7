"""The price of money: its range, and the reward of a router that is told the price."""

import jax

MIN_PRICE, MAX_PRICE = 0.3, 10_000.0
"""The range of prices that serves every budget of the scenarios, reward per USD on top of `cost_weight`."""
USUAL_REWARD, USUAL_COST = 0.3, 0.02
"""The usual reward of a prompt at a price of 0, and its usual cost, USD; rewards at a price are scaled by both.

They were chosen for the preset fleet, whose models cost 0.0005 to 0.03 USD a prompt. With a fleet ten times as
expensive, rewards at high prices are ten times as large; a learner that divides rewards by their running standard
deviation cancels that.
"""


def priced_reward(reward: jax.Array, cost: jax.Array, price: jax.Array) -> jax.Array:
    """Return the reward less price times cost, all () float32, on one scale for all prices.

    The difference is divided by its usual size at this price; otherwise high prices would outweigh low ones.

    Args:
        reward: the reward of the simulator.
        cost: USD.
        price: reward per USD.
    """
    return (reward - price * cost) / (USUAL_REWARD + USUAL_COST * price)
