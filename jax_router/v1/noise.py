"""All chance in one place: the standard draws that one step consumes, from one call for random bits."""

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.threefry import random_words

_UNIFORMS = ("pause", "input", "output", "good", "follow_up", "home", "category")
_NORMALS = ("burst", "jitter", "common", "ease")


@struct.dataclass
class Noise:
    """Everything random about one step (or one reset), before any parameter of the fleet or traffic touches it.

    Two policies, or two fleets of one size, that are given the same `Noise` meet the same luck.
    """

    gap: jax.Array  # () float32, Exponential(1)
    outage: jax.Array  # () float32, Uniform(0, 1)
    pause: jax.Array  # () float32, Uniform(0, 1): a pause in a step; time of day and place in the trace in a reset
    input: jax.Array  # () float32, Uniform(0, 1)
    output: jax.Array  # () float32, Uniform(0, 1)
    good: jax.Array  # () float32, Uniform(0, 1)
    follow_up: jax.Array  # () float32, Uniform(0, 1): a session in a step, how full buckets are in a reset
    home: jax.Array  # () float32, Uniform(0, 1)
    category: jax.Array  # () float32, Uniform(0, 1)
    burst: jax.Array  # () float32, Normal(0, 1)
    jitter: jax.Array  # () float32, Normal(0, 1)
    common: jax.Array  # () float32, Normal(0, 1)
    ease: jax.Array  # () float32, Normal(0, 1)
    own: jax.Array  # (N,) float32, Normal(0, 1)


def draw_noise(key: jax.Array, num_models: int, shape: tuple[int, ...] = ()) -> Noise:
    """Draw the noise of a step for `num_models` models, with leading batch dimensions `shape`.

    The gap has 24 random bits, the outage, which is rare, 32, and all others 16: their distributions are within 1e-5
    of the exact ones (Kolmogorov-Smirnov). So five models take 10 words a step.
    """
    num_halves = len(_UNIFORMS) + len(_NORMALS) + num_models
    # One row a quantity, not one row an environment: each row is then contiguous over the batch.
    words = random_words(key, 2 + (num_halves + 1) // 2, shape)
    low, high = words[2:] & jnp.uint32(0xFFFF), words[2:] >> 16
    halves = (jnp.concatenate([low, high]).astype(jnp.float32) + 0.5) * jnp.float32(2**-16)
    uniforms = dict(zip(_UNIFORMS, halves, strict=False))
    normals = jnp.sqrt(2.0).astype(jnp.float32) * jax.lax.erf_inv(2.0 * halves[len(_UNIFORMS) : num_halves] - 1.0)
    return Noise(
        gap=-jnp.log(((words[0] >> 8).astype(jnp.float32) + 0.5) * jnp.float32(2**-24)),
        outage=(words[1].astype(jnp.float32) + 0.5) * jnp.float32(2**-32),
        **uniforms,
        **dict(zip(_NORMALS, normals, strict=False)),
        own=jnp.moveaxis(normals[len(_NORMALS) :], 0, -1),
    )
