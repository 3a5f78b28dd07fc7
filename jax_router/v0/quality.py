"""How good an answer is: every model falls short of perfect by its own weakness times the prompt's difficulty."""

import jax
import jax.numpy as jnp
from flax import struct


@struct.dataclass
class Difficulty:
    """How much a prompt's complexity separates good models from cheap ones, each field () float32."""

    gap_floor: jax.Array  # the gap at complexity 0, before it is cut off at 0
    gap_slope: jax.Array  # growth of the gap from complexity 0 to 1


def mean_quality(quality_score: jax.Array, complexity: jax.Array, difficulty: Difficulty) -> jax.Array:
    """The quality, before noise and clipping, of a model with `quality_score` (0 .. 1, shapes that broadcast).

    1 - (1 - quality_score) * max(0, gap_floor + gap_slope * complexity) (docs/dynamics.md, step 3). With the default
    difficulty and traffic the mean of that gap is 1.
    """
    gap = jnp.maximum(0.0, difficulty.gap_floor + difficulty.gap_slope * complexity)
    return 1.0 - (1.0 - quality_score) * gap
