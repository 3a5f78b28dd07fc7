"""What a policy's prompts cost at each price and time of day, and so the price that a budget is expected to last at."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

SHORTEST_OUTLOOK = 1e-3
"""Days that are looked ahead at least: the difference of two float32 integrals over less is mostly rounding."""


@struct.dataclass
class Plan:
    """Costs of a priced policy, as a rehearsal measured them; K prices, H equal parts of a day."""

    log_prices: jax.Array  # (K,) float32, natural logarithms of prices, reward per USD, rising
    cost: jax.Array  # (K, H) float32, USD, the mean of a prompt; never rises with the price

    def cost_at(self, log_price: jax.Array, time_of_day: jax.Array) -> jax.Array:
        """USD that a prompt is expected to cost at a price and a time of day, days in [0, 1); all (...) float32."""
        num_parts = self.cost.shape[-1]
        part = jnp.minimum((time_of_day * num_parts).astype(jnp.int32), num_parts - 1)

        def one(log_price: jax.Array, part: jax.Array) -> jax.Array:
            return jnp.interp(log_price, self.log_prices, self.cost[:, part])

        return jnp.vectorize(one)(log_price, part)

    def log_price_for(self, cost: jax.Array, time_of_day: jax.Array, days: jax.Array | float) -> jax.Array:
        """The logarithm of the price at which prompts of the next `days` are expected to cost as much, (...) float32.

        That of the greatest price where even that is too low, and of the least where it is more than enough.

        Args:
            cost: (...) float32, USD, the mean of a prompt.
            time_of_day: (...) float32, days in [0, 1), where the outlook begins.
            days: (...), at least 0.
        """
        days = jnp.maximum(days, SHORTEST_OUTLOOK)
        over_prices = jax.vmap(day_integral, in_axes=(None, None, 0), out_axes=-1)
        expected = over_prices(time_of_day, days, self.cost) / days[..., None]

        def one(cost: jax.Array, expected: jax.Array) -> jax.Array:
            # jnp.interp wants rising abscissae; costs fall.
            return jnp.interp(-cost, -expected, self.log_prices)

        return jnp.vectorize(one, signature="(),(k)->()")(cost, expected)


def day_integral(time_of_day: jax.Array, days: jax.Array | float, table: jax.Array | np.ndarray) -> jax.Array:
    """The integral over the next `days` of what a table gives for each part of a day; (...) float32.

    Of the load (see `jax_router.Traffic`), that is the work, in days of mean load.

    Args:
        time_of_day: (...) where it begins, days in [0, 1).
        days: (...) at least 0.
        table: (H,) float32, constant over each H-th part of the day.
    """
    table = jnp.asarray(table)
    num_parts = table.shape[-1]
    at_edges = jnp.concatenate([jnp.zeros(1, jnp.float32), jnp.cumsum(table)]) / num_parts

    def since_midnight(time: jax.Array) -> jax.Array:
        whole = jnp.floor(time)
        position = (time - whole) * num_parts
        here = jnp.minimum(position.astype(jnp.int32), num_parts - 1)
        return whole * at_edges[-1] + at_edges[here] + (position - here.astype(jnp.float32)) * table[here] / num_parts

    return since_midnight(time_of_day + days) - since_midnight(time_of_day)
