"""What a queue does: it slows its model down, grows with every prompt it is given, and drains."""

import jax
import jax.numpy as jnp
from flax import struct


@struct.dataclass
class Congestion:
    """How the queues of a fleet behave, each field () float32."""

    slowdown: jax.Array  # a full queue multiplies latency by 1 + slowdown
    arrival_mean: jax.Array  # requests that arrive with a prompt of mean length at mean load
    drain_low: jax.Array  # smallest share of a queue that is left after a step
    drain_high: jax.Array  # largest such share
    max_queue_depth: jax.Array  # requests
    length_weight: jax.Array  # 1: arrivals scale with the prompt's length; 0: they do not


def latency_factor(queue_depth: jax.Array, congestion: Congestion) -> jax.Array:
    """How many times its empty-queue latency a model takes at a queue depth in requests (any shape, float32)."""
    return 1.0 + congestion.slowdown * queue_depth / congestion.max_queue_depth


def arrivals(exponential: jax.Array, load: jax.Array, relative_length: jax.Array, congestion: Congestion) -> jax.Array:
    """Requests that join the chosen queue, () float32.

    Args:
        exponential: () float32, a draw of Exponential(1).
        load: () float32, the load at this time of day, mean 1.
        relative_length: () float32, the prompt's length over the traffic's mean length.
        congestion: the fleet's queues.
    """
    size = 1.0 + congestion.length_weight * (relative_length - 1.0)
    return congestion.arrival_mean * exponential * load * size


def next_queues(
    queue_depths: jax.Array, action: jax.Array, joined: jax.Array, uniform: jax.Array, congestion: Congestion
) -> jax.Array:
    """The queues after one prompt: the chosen one grows up to the cap, then each drains by its own draw.

    Args:
        queue_depths: (N,) float32, requests.
        action: () int32 in 0 .. N - 1, the queue that grows.
        joined: () float32, requests that join it.
        uniform: (N,) float32, draws of Uniform[0, 1).
        congestion: the fleet's queues.
    """
    chosen = jnp.arange(queue_depths.shape[-1], dtype=jnp.int32) == action
    grown = jnp.minimum(queue_depths + jnp.where(chosen, joined, 0.0), congestion.max_queue_depth)
    kept = congestion.drain_low + (congestion.drain_high - congestion.drain_low) * uniform
    return grown * kept
