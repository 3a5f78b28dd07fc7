"""When episodes start: a bound is worked out for a few times of day, and read at all others."""

import jax
import numpy as np

from jax_router.simulator import AnyParams, reset_batch


def even_starts(count: int) -> np.ndarray:
    """Times of day, (count,) days, the middles of equal parts: their mean stands for a start at any time."""
    return (np.arange(count) + 0.5) / count


def starts_of_episodes(key: jax.Array, num_episodes: int, params: AnyParams) -> np.ndarray:
    """The times of day, (E,) days, at which the episodes of `jax_router.rollout.run_episodes` start."""
    key_reset, *_ = jax.random.split(key, 3)
    return np.asarray(reset_batch(key_reset, num_episodes, params).time_of_day, np.float64)


def read_at(values: np.ndarray, starts: np.ndarray | None) -> float:
    """The mean over starts, (E,) days, of a smooth function of the day with values (M,) at `even_starts(M)`.

    Between them the function is the trigonometric polynomial through the values. Without starts: the mean over the day.
    """
    if starts is None or len(values) == 1:
        return float(values.mean())
    count = len(values)
    waves = np.fft.rfft(values) / count
    weights = np.full(len(waves), 2.0)
    weights[0] = 1.0
    if count % 2 == 0:
        weights[-1] = 1.0
    angle = 2j * np.pi * np.arange(len(waves)) * (np.asarray(starts, np.float64)[:, None] - 0.5 / count)
    return float((np.exp(angle) @ (weights * waves)).real.mean())


def reading_error(values: np.ndarray, starts: np.ndarray | None) -> float:
    """How far `read_at` moves where every other value is left out: an estimate, on the large side, of its error."""
    if len(values) < 4 or len(values) % 2:
        return float(np.ptp(values)) / 2
    half = len(values) // 2
    # The values that are left lie a quarter of their spacing before the middles of their parts.
    shift = 0.5 / len(values)
    moved = np.arange(half) / half + shift if starts is None else np.asarray(starts)
    whole = read_at(values, None if starts is None else moved)
    return abs(read_at(values[::2], None if starts is None else moved + shift) - whole)
