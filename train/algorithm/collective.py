"""Means over a batch that may be spread over devices."""

from typing import TypeVar

import jax
import jax.numpy as jnp

Tree = TypeVar("Tree")


def mean_over_devices(value: Tree, axis_name: str | None) -> Tree:
    """The mean of every device's `value` (any pytree), or `value` itself where there is no such axis."""
    return value if axis_name is None else jax.lax.pmean(value, axis_name)


def mean_and_variance(values: jax.Array, num_batch_axes: int, axis_name: str | None) -> tuple[jax.Array, jax.Array]:
    """Mean and variance over the leading `num_batch_axes` axes and over all devices; equal batches on each."""
    axes = tuple(range(num_batch_axes))
    mean = mean_over_devices(values.mean(axes), axis_name)
    deviation = values - jnp.broadcast_to(mean, values.shape)
    return mean, mean_over_devices((deviation**2).mean(axes), axis_name)
