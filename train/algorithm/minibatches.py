"""Cutting a batch into minibatches in a random order, and each minibatch into parts that fit the cache."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.threefry import random_words

Tree = TypeVar("Tree")

ROUNDS = 8
"""The rounds of the Feistel network behind a random order; four make one that is hard to tell from chance."""
FEWEST_BITS = 8
"""The least length of the numbers that it exchanges: of shorter ones, some orders would be likelier than others."""

ROWS_ON_CPU = 2048
"""The rows of a part on the CPU: layers of 64 units (0.5 MiB each) then stay in the cache. More are hardly faster."""


def random_order(key: jax.Array, num: int) -> jax.Array:
    """Return the numbers from 0 to `num` - 1 in a random order, (num,) uint32; `num` is at most 2**32.

    A Feistel network with random keys exchanges all numbers of some bits (Luby and Rackoff, 1988), which needs no sort
    (Mitchell et al., 2022). What it exchanges for a number of `num` or more goes through it again, until it comes out
    below (Black and Rogaway, 2002).
    """
    num_bits = max((num - 1).bit_length(), FEWEST_BITS)
    keys = random_words(key, ROUNDS)
    order = _exchanged(jax.lax.iota(jnp.uint32, num), keys, num_bits)
    if num == 2**num_bits:
        return order
    return jax.lax.while_loop(
        lambda order: (order >= num).any(),
        lambda order: jnp.where(order >= num, _exchanged(order, keys, num_bits), order),
        order,
    )


def _exchanged(numbers: jax.Array, keys: jax.Array, num_bits: int) -> jax.Array:
    """Exchange numbers below 2**`num_bits` for each other, (...) uint32, by as many rounds as there are `keys`."""
    left_bits, right_bits = num_bits // 2, num_bits - num_bits // 2
    left, right = numbers >> right_bits, numbers & np.uint32(2**right_bits - 1)
    for key in keys:
        # The half that changes is the left one in every round, since the halves change places.
        left, right = right, left ^ (_hashed(right ^ key) >> (32 - left_bits))
        left_bits, right_bits = right_bits, left_bits
    return (left << right_bits) | right


def _hashed(word: jax.Array) -> jax.Array:
    """Mix the bits of words, (...) uint32, as the end of MurmurHash3 does (Appleby, 2011)."""
    word = (word ^ (word >> 16)) * np.uint32(0x85EBCA6B)
    word = (word ^ (word >> 13)) * np.uint32(0xC2B2AE35)
    return word ^ (word >> 16)


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
