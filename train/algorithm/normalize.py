"""Running statistics inside the train state: observations to mean 0 and variance 1, rewards to a steady scale.

Every mean and variance is over all devices that share a batch.
"""

from typing import TypeVar

import jax
import jax.numpy as jnp
from flax import struct

from router_serving.network import normalized, scale_of

Tree = TypeVar("Tree")


@struct.dataclass
class RunningStats:
    """The mean and the variance of all values seen so far, which have shape S."""

    count: jax.Array  # () float32, values seen
    mean: jax.Array  # S float32
    variance: jax.Array  # S float32

    @classmethod
    def of_shape(cls, shape: tuple[int, ...]) -> "RunningStats":
        """Return the statistics before any value was seen, with which `normalize` changes nothing."""
        return cls(jnp.float32(0), jnp.zeros(shape, jnp.float32), jnp.ones(shape, jnp.float32))


def update_stats(stats: RunningStats, values: jax.Array, axis_name: str | None = None) -> RunningStats:
    """Merge a batch, (T, B, *S) float32, into the statistics of shape S (Chan, Golub and LeVeque, 1979).

    With `axis_name`, the batches of all devices on that axis count as one.
    """
    num_devices = 1 if axis_name is None else jax.lax.axis_size(axis_name)
    batch_count = jnp.float32(values.shape[0] * values.shape[1] * num_devices)
    batch_mean, batch_variance = mean_and_variance(values, 2, axis_name)
    count = stats.count + batch_count
    delta = batch_mean - stats.mean
    share = batch_count / count
    return RunningStats(
        count=count,
        mean=stats.mean + delta * share,
        variance=(1 - share) * stats.variance + share * batch_variance + delta**2 * share * (1 - share),
    )


def normalize(values: jax.Array, stats: RunningStats) -> jax.Array:
    """Scale values (..., *S) to mean 0 and variance 1, and clip them as a policy does while serving."""
    mean = jnp.broadcast_to(stats.mean, values.shape)
    scale = jnp.broadcast_to(scale_of(stats.variance, jnp), values.shape)
    return normalized(values, mean, scale, jnp)


def discounted_sums(
    rewards: jax.Array, done: jax.Array, discount: float, start: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return running discounted sums of rewards; rewards are divided by the standard deviation of these sums.

    Args:
        rewards: (T, B) float32.
        done: (T, B) bool, whether an episode ended with that step, in either way.
        discount: the discount of a step.
        start: (B,) float32, the sums before the first step.

    Returns:
        The sums after the last step, (B,), and after every step, (T, B) float32.
    """

    def one_step(total: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        reward, ended = step
        total = discount * total + reward
        return jnp.where(ended, 0.0, total), total

    return jax.lax.scan(one_step, start, (rewards, done))


def mean_over_devices(value: Tree, axis_name: str | None) -> Tree:
    """Return the mean over all devices of `value` (any pytree), or `value` itself if `axis_name` is None."""
    return value if axis_name is None else jax.lax.pmean(value, axis_name)


def mean_and_variance(values: jax.Array, num_batch_axes: int, axis_name: str | None) -> tuple[jax.Array, jax.Array]:
    """Return mean and variance over the leading `num_batch_axes` axes and all devices, which hold equal batches."""
    axes = tuple(range(num_batch_axes))
    mean = mean_over_devices(values.mean(axes), axis_name)
    deviation = values - jnp.broadcast_to(mean, values.shape)
    return mean, mean_over_devices((deviation**2).mean(axes), axis_name)
