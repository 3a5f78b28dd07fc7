"""Arrival times of the environment's own process, which a fit is compared with."""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.v1.arrivals import Arrivals, draw_gap, next_burst
from jax_router.v1.fitting.calendar import DAY, DAYS, FLAT, THURSDAY, Profile


def simulate(
    settings: Mapping[str, float],
    count: int,
    times: int = 1,
    seed: int = 0,
    *,
    day: Profile = FLAT,
    week: Profile = FLAT,
    begin: float = 0.0,
) -> np.ndarray:
    """Arrivals from `begin` on, s since 1970, `count` of them as many `times`: (times, count) float64."""
    numbers = {"burst_time": 30.0, "day_seconds": DAY, **settings}
    arrivals = Arrivals(unit_rate=jnp.float32(1), **{name: jnp.float32(number) for name, number in numbers.items()})
    of_days = np.broadcast_to(week.load, DAYS)
    weekday, time_of_day = (int(begin // DAY) + THURSDAY) % DAYS, begin / DAY % 1.0
    tables = jnp.asarray(day.load, jnp.float32), jnp.asarray(of_days, jnp.float32)
    keys = jax.random.split(jax.random.key(seed), times)
    gaps = _gaps(arrivals, *tables, jnp.int32(weekday), jnp.float32(time_of_day), keys, count)
    return begin + np.cumsum(np.asarray(gaps, np.float64), axis=1)


@jax.jit(static_argnames="count")
@partial(jax.vmap, in_axes=(None, None, None, None, None, 0, None))
def _gaps(
    arrivals: Arrivals,
    load: jax.Array,
    week: jax.Array,
    weekday: jax.Array,
    time_of_day: jax.Array,
    key: jax.Array,
    count: int,
) -> jax.Array:
    draws = jax.random.split(key, 3)
    gap = jax.random.exponential(draws[0], (count,), jnp.float32)
    pause = jax.random.uniform(draws[1], (count,), jnp.float32)
    normal = jax.random.normal(draws[2], (count,), jnp.float32)

    def one(carry, draw):  # type: ignore[no-untyped-def]
        burst, date, time = carry
        seconds = draw_gap(draw[0], draw[1], burst, time, load * week[date], arrivals)
        later = time + seconds / arrivals.day_seconds
        passed = jnp.floor(later)
        place = (date + passed.astype(jnp.int32)) % DAYS, jnp.minimum(later - passed, 1 - 2**-24)
        return (next_burst(burst, draw[2], seconds, arrivals), *place), seconds

    return jax.lax.scan(one, (normal[0], weekday, time_of_day), (gap, pause, normal))[1]
