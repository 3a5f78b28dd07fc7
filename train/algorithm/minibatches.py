"""How a batch is cut: into minibatches in a random order, and each of those into parts that fit the cache."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.threefry import random_words

Tree = TypeVar("Tree")

LARGEST = 2**24
"""The longest order whose numbers leave 8 of 32 bits to chance."""

ROWS_ON_CPU = 2048
"""The rows of a part on the CPU: layers of 64 units then stay in the cache (0.5 MiB each). More are not faster."""


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


def rows_at_once() -> int | None:
    """How many rows suit the device; None: as many as there are. Accelerators want few and large kernels."""
    return ROWS_ON_CPU if jax.default_backend() == "cpu" else None


def mean_over_parts(function: Callable[[Any], Tree], rows: Any, most: int | None) -> Tree:
    """The mean of `function` over equal parts of at most `most` rows.

    For a function that is itself a mean over rows, that is its value for all of them.

    Args:
        function: from rows to a pytree of float32 arrays.
        rows: a pytree whose leaves lead with (B,).
        most: rows of a part; None, or where B has no fitting divisor: all at once.
    """
    num_parts = _num_parts(len(jax.tree.leaves(rows)[0]), most)
    if num_parts == 1:
        return function(rows)
    parts = jax.tree.map(lambda leaf: leaf.reshape(num_parts, -1, *leaf.shape[1:]), rows)
    first = jax.tree.map(lambda leaf: leaf[0], parts)
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(function, first))
    total, _ = jax.lax.scan(lambda sums, part: (jax.tree.map(jnp.add, sums, function(part)), None), zeros, parts)
    return jax.tree.map(lambda leaf: leaf / num_parts, total)


def _num_parts(num_rows: int, most: int | None) -> int:
    """The least number of equal parts that are small enough, and not less than a quarter of that; else 1."""
    if most is None or num_rows <= most:
        return 1
    fewest = -(-num_rows // most)
    return next((parts for parts in range(fewest, 4 * fewest + 1) if num_rows % parts == 0), 1)
