"""All chance in one place: the standard draws that one step consumes, from one call for random bits."""

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.threefry import random_words
from jax_router.internal.turns import cosine_and_sine


@struct.dataclass
class Noise:
    """Everything random about one step (or one reset), before any parameter of the fleet or traffic touches it.

    Two policies, or two fleets of one size, that are given the same `Noise` meet the same luck.
    """

    latency: jax.Array  # () float32, Normal(0, 1)
    quality: jax.Array  # () float32, Normal(0, 1)
    arrivals: jax.Array  # () float32, Exponential(1)
    queues: jax.Array  # (N,) float32, Uniform(0, 1): drain factors in a step, initial depths in a reset
    time_of_day: jax.Array  # () float32, Uniform(0, 1): used by a reset only
    length: jax.Array  # () float32, Uniform(0, 1)
    complexity: jax.Array  # () float32, Uniform(0, 1)
    quality_required: jax.Array  # () float32, Normal(0, 1)


def draw_noise(key: jax.Array, num_models: int, shape: tuple[int, ...] = ()) -> Noise:
    """Draw the noise of a step for `num_models` models, with leading batch dimensions `shape`.

    Latency, quality and arrivals have 32 random bits each, with tails as float32 has them. The others have 16: their
    distributions are then within 1e-5 of the exact ones (Kolmogorov-Smirnov). So five models take 8 words a step.
    """
    num_halves = num_models + 4
    num_words = 3 + (num_halves + 1) // 2
    # One row a quantity, not one row an environment: each row is then contiguous over the batch.
    words = random_words(key, num_words, shape)
    halves = _uniform_16(words[3:])
    radius = jnp.sqrt(-2.0 * jnp.log(_uniform_24(words[0])))
    cosine, sine = cosine_and_sine(_uniform_24(words[1]))  # Box and Muller, 1958: two normals from two uniforms
    return Noise(
        latency=radius * cosine,
        quality=radius * sine,
        arrivals=-jnp.log(_uniform_24(words[2])),
        queues=jnp.moveaxis(halves[4:num_halves], 0, -1),
        time_of_day=halves[0],
        length=halves[1],
        complexity=halves[2],
        quality_required=jnp.sqrt(2.0).astype(jnp.float32) * jax.lax.erf_inv(2.0 * halves[3] - 1.0),
    )


def _uniform_24(words: jax.Array) -> jax.Array:
    """uint32 to float32 in (0, 1]: never 0, so that its logarithm is finite."""
    return ((words >> 8).astype(jnp.float32) + 0.5) * jnp.float32(2**-24)


def _uniform_16(words: jax.Array) -> jax.Array:
    """(W, ...) uint32 to (2 W, ...) float32 in (0, 1), from the lower and upper 16 bits."""
    halves = jnp.concatenate([words & jnp.uint32(0xFFFF), words >> 16])
    return (halves.astype(jnp.float32) + 0.5) * jnp.float32(2**-16)
