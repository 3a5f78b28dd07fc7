"""What a freshly trained priced policy costs, at each price and hour: the plan that its pacer goes by."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import Params, State
from jax_router.pacing import Preferences
from jax_router.policy import with_memory
from jax_router.pricing import priced_observation
from train.agents.days import run_days

NUM_PRICES = 33
NUM_PARTS = 24
"""Of the day."""
NUM_EPISODES = 64
"""At each price, beginning at any time of day."""


def rehearse(
    preferences: Preferences, params: Params, min_price: float, max_price: float, key: jax.Array
) -> tuple[np.ndarray, np.ndarray]:
    """Prices (K,), rising, reward per USD, and the mean costs of a prompt at each of them, (K, H), USD; float32."""
    prices = np.geomspace(min_price, max_price, NUM_PRICES).astype(np.float32)

    @jax.jit
    def costs(log_price: jax.Array) -> jax.Array:
        def at_price(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
            priced = priced_observation(observation, jnp.broadcast_to(log_price, observation.shape[:-1]))
            return jnp.argmax(preferences(priced), axis=-1).astype(jnp.int32)

        days = run_days(key, with_memory(at_price), params, NUM_EPISODES)
        part = jnp.minimum((days.time_of_day * NUM_PARTS).astype(jnp.int32), NUM_PARTS - 1)
        # One mean prompt more in each part of the day: short episodes may leave one without any.
        total = jnp.full(NUM_PARTS, days.cost.mean()).at[part].add(days.cost)
        return total / jnp.ones(NUM_PARTS).at[part].add(1.0)

    table = np.stack([np.asarray(costs(jnp.log(price))) for price in prices])
    # Where chance has it that a higher price costs more, as much as at the price below it.
    return prices, np.minimum.accumulate(table, axis=0).astype(np.float32)
