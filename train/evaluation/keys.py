"""From a run's seed to the random keys of what follows the training, so that no episode of the training comes again."""

import jax

EVALUATION_STREAM = 2**31
"""A number above every seed, which is folded into the key of a seed."""


def evaluation_key(seed: int) -> jax.Array:
    """The key of the episodes that the agents of a run are judged on, whichever command judges them."""
    return jax.random.fold_in(jax.random.key(seed), EVALUATION_STREAM)
