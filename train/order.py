"""The order in which a batch is learned from."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.threefry import random_words

LARGEST = 2**24
"""Numbers that leave 8 of 32 bits to chance."""


def random_order(key: jax.Array, num: int) -> jax.Array:
    """The numbers from 0 to `num` - 1 in a random order, (num,) uint32.

    Random words that hold the number in their lowest bits are sorted. Sorting words alone takes a sixth of the time of
    sorting pairs, as `jnp.argsort` and `jax.random.permutation` do on the CPU. Numbers whose random bits are the same
    stay in their order; which of them share a minibatch is random all the same while 8 bits are left for that.
    """
    if num > LARGEST:
        return jax.random.permutation(key, jax.lax.iota(jnp.uint32, num))
    lowest = np.uint32(2 ** (num - 1).bit_length() - 1)
    words = random_words(key, 1, (num,))[0]
    return jnp.sort((words & ~lowest) | jax.lax.iota(jnp.uint32, num)) & lowest
