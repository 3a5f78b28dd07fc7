"""Random keys for what follows the training, made from the run's seed so that no episode of the training recurs."""

import jax

EVALUATION_STREAM = 2**31
"""A number above every seed, which is folded into the key of a seed."""


@jax.jit  # one program in place of four
def evaluation_key(seed: int) -> jax.Array:
    """Return the key of the episodes that the agents of a run are evaluated on; every command uses it."""
    return jax.random.fold_in(jax.random.key(seed), EVALUATION_STREAM)
