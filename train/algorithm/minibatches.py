"""Cutting a batch into minibatches in a random order, and each minibatch into parts that fit the cache."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.threefry import random_words

Tree = TypeVar("Tree")

LARGEST = 2**24
"""The longest random order: its numbers take 24 of 32 bits, which leaves 8 random ones."""

ROWS_ON_CPU = 4096
"""The rows of a part on the CPU: layers of 64 units (1 MiB each) then stay in the cache. More rows are not faster."""


def random_order(key: jax.Array, num: int) -> jax.Array:
    """Return the numbers from 0 to `num` - 1 in a random order, (num,) uint32.

    Each number is put into the lowest bits of a random word, and the words are sorted. That takes a sixth of the time
    of sorting pairs, which `jnp.argsort` and `jax.random.permutation` do on the CPU. Numbers with equal random bits
    keep their order; with 8 random bits or more, the division into minibatches is random all the same.
    """
    if num > LARGEST:
        return jax.random.permutation(key, jax.lax.iota(jnp.uint32, num))
    lowest = np.uint32(2 ** (num - 1).bit_length() - 1)
    words = random_words(key, 1, (num,))[0]
    return jnp.sort((words & ~lowest) | jax.lax.iota(jnp.uint32, num)) & lowest


def rows_at_once() -> int | None:
    """Return how many rows of a part suit the device. None stands for all: accelerators prefer few, large kernels."""
    return ROWS_ON_CPU if jax.default_backend() == "cpu" else None


def mean_over_parts(function: Callable[[Any], Tree], rows: Any, most: int | None) -> Tree:
    """Return the mean of `function` over equal parts of at most `most` rows.

    If the function is itself a mean over rows, the result is its value for all rows.

    Args:
        function: a function from rows to a pytree of float32 arrays.
        rows: a pytree whose leaves lead with (B,).
        most: the most rows of a part. If it is None, or B has no fitting divisor, all rows are one part.
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
    """Return the least number of equal parts of at most `most` rows and at least a quarter of that; 1 if none fits."""
    if most is None or num_rows <= most:
        return 1
    fewest = -(-num_rows // most)
    return next((parts for parts in range(fewest, 4 * fewest + 1) if num_rows % parts == 0), 1)
