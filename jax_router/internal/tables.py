"""Distributions and days as tables: quantiles to draw from, and a load that is smooth around the clock."""

import jax
import jax.numpy as jnp
import numpy as np


def knot_probabilities(num_knots: int) -> np.ndarray:
    """The probabilities a quantile table of this many values is given at, (num_knots,) float64 from 0 to 1.

    They crowd quadratically towards both ends: the quantile of Beta(2, .) rises like a square root at 0 and meets 1
    like a higher root, where equal steps would be off by far more than 1e-3.
    """
    position = np.linspace(0, 1, num_knots)
    return position**2 / (position**2 + (1 - position) ** 2)


def place_in_table(uniform: jax.Array, num_knots: int) -> tuple[jax.Array, jax.Array]:
    """Where a probability (any shape, float32 in [0, 1]) is among the knots.

    Returns the index of the knot below, int32 in 0 .. num_knots - 2, and the share of the way to the next, float32.
    """
    low, high = jnp.sqrt(uniform), jnp.sqrt(1.0 - uniform)
    position = low / (low + high) * (num_knots - 1)  # the inverse of the spacing in `knot_probabilities`
    left = jnp.minimum(position.astype(jnp.int32), num_knots - 2)
    return left, position - left.astype(jnp.float32)


def draw_from_quantiles(uniform: jax.Array, quantiles: jax.Array) -> jax.Array:
    """Inverse-CDF sampling: the quantile at `uniform` (any shape, float32 in [0, 1]) in a table (K,)."""
    quantiles = jnp.asarray(quantiles)
    left, share = place_in_table(uniform, quantiles.shape[-1])
    return (1.0 - share) * quantiles[left] + share * quantiles[left + 1]


def load_at(time_of_day: jax.Array, load: jax.Array) -> jax.Array:
    """The load, mean 1 over the day, at a time in days (any shape, float32 in [0, 1)).

    The table is read as a quadratic B-spline around the day: smooth, within the range of its values, with their mean.
    (Straight lines would cut off the peak of a sine, where it spends most of its time.)
    """
    load = jnp.asarray(load)
    num_bins = load.shape[-1]
    position = time_of_day * num_bins
    here = jnp.minimum(position.astype(jnp.int32), num_bins - 1)
    offset = position - here.astype(jnp.float32)  # 0 .. 1 through the bin
    before = jnp.where(here == 0, num_bins - 1, here - 1)
    after = jnp.where(here == num_bins - 1, 0, here + 1)
    weight_before, weight_after = 0.5 * (1.0 - offset) ** 2, 0.5 * offset**2
    weight_here = 1.0 - weight_before - weight_after
    return weight_before * load[before] + weight_here * load[here] + weight_after * load[after]


def sine_load(amplitude: float, num_bins: int, peak: float) -> np.ndarray:
    """A load table, (num_bins,) float64: a sine around 1 of this amplitude that peaks at `peak`, days."""
    phase = 2 * np.pi * ((np.arange(num_bins) + 0.5) / num_bins - peak)
    # `load_at` averages the table over a bin three times; a sine of frequency 1 / L loses sinc(1 / L)^3 by that.
    return 1 + amplitude * np.cos(phase) / np.sinc(1 / num_bins) ** 3
