"""Random keys for what follows the training, made from the run's seed so that no episode of the training recurs."""

import jax
import numpy as np

EVALUATION_STREAM = 2**31
"""A number above every seed, which is folded into the key of a seed."""


def evaluation_key(seed: int) -> jax.Array:
    """Return the key of the episodes that the agents of a run are evaluated on; every command uses it."""
    return _evaluation_key(np.uint32(seed))


@jax.jit
def _evaluation_key(seed: jax.Array) -> jax.Array:
    return jax.random.fold_in(jax.random.key(seed), EVALUATION_STREAM)
