"""All that can happen in the next few steps, computed by one call: arithmetic is almost free where a call is dear.

The action of the first of `depth` steps is known. Each of the N actions may follow it, and each may follow those: the
results are 1 + N + N^2 + ... rows of a table. Row 0 is the first step, and the rows that may follow row r are the N
from N r + 1 on. All rows of one depth take the same random numbers, those of the step that they may become.
"""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp

Row = TypeVar("Row", int, jax.Array)

MAX_NUMBERS = 2**12
"""The most numbers in a table: one more step saves a part of a call, and multiplies these by N."""
MAX_DEPTH = 8
"""The most steps, also where there are only one or two models."""
FIRST = 0
"""The row of the first step."""


def num_rows(depth: int, num_actions: int) -> int:
    """Return how many rows the table of so many steps has."""
    return sum(num_actions**level for level in range(depth))


def depth_for(num_actions: int, width: int) -> int:
    """Return how many steps one table should hold, at least 1, where the results of a step are `width` numbers."""
    fitting = (depth for depth in range(MAX_DEPTH, 1, -1) if num_rows(depth, num_actions) * width <= MAX_NUMBERS)
    return next(fitting, 1)


def child(row: Row, action: int, num_actions: int) -> Row:
    """Return the row that an action leads to from a row."""
    return num_actions * row + 1 + action


def look_ahead(
    step: Callable[[jax.Array, jax.Array, jax.Array], jax.Array],
    now: jax.Array,
    noise: jax.Array,
    action: jax.Array,
    num_actions: int,
) -> jax.Array:
    """Compute the table, to be traced.

    Args:
        step: a function from the results of one step, (K,) float32, noise, (W,), and an action, () int32, to the
            results of the next step; it reads no more of the former than `now` has.
        now: the beginning of the results of the step before, (S,) float32.
        noise: of each step, (depth, W).
        action: of the first step, () int32.
        num_actions: N.

    Returns:
        The table, (rows, K) float32.
    """
    depth = len(noise)
    first = step(now, noise[0], action)
    if depth == 1:
        return first[None]
    table = jnp.zeros((num_rows(depth, num_actions), *first.shape), first.dtype).at[FIRST].set(first)
    actions = jnp.arange(num_actions, dtype=jnp.int32)
    starts = jnp.array([num_rows(level, num_actions) for level in range(depth)], jnp.int32)

    # All actions at once, since small kernels cost more than what they compute; but loops over rows, whose arithmetic
    # XLA counts once: it runs a program itself, instead of handing it to a thread, where that is short.
    def fill_level(level: jax.Array, table: jax.Array) -> jax.Array:
        def add_children(row: jax.Array, table: jax.Array) -> jax.Array:
            children = jax.vmap(step, in_axes=(None, None, 0))(table[row], noise[level], actions)
            return jax.lax.dynamic_update_slice_in_dim(table, children, child(row, 0, num_actions), 0)

        return jax.lax.fori_loop(starts[level - 1], starts[level], add_children, table)

    return jax.lax.fori_loop(1, depth, fill_level, table)
