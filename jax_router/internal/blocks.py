"""Loops over steps whose random numbers are drawn for a block of steps at once.

A step of a few thousand environments is made of kernels that take microseconds. Drawing numbers for several such steps
in one kernel costs the thread pool as much as drawing them for one. The numbers are the same.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp

Carry = TypeVar("Carry")

DRAWN_AT_ONCE = 2**15
"""The most environment steps whose numbers are drawn at once: a megabyte or two of them, which the cache holds."""


def steps_at_once(num_envs: int, num_steps: int) -> int:
    """Return how many steps make a block: as many as suit the cache, and a divisor of `num_steps`."""
    most = max(1, min(DRAWN_AT_ONCE // num_envs, num_steps))
    return next(size for size in range(most, 0, -1) if num_steps % size == 0)


def scan_block(
    draw: Callable[[jax.Array], Any],
    one_step: Callable[[Carry, Any], tuple[Carry, Any]],
    carry: Carry,
    times: jax.Array,
) -> tuple[Carry, Any]:
    """Do what `jax.lax.scan` does with `draw(t)` for each of `times`, (K,) int32, all drawn at once."""
    # Without the barrier, XLA computes the numbers anew inside of every step.
    return jax.lax.scan(one_step, carry, jax.lax.optimization_barrier(jax.vmap(draw)(times)))


def scan_steps(
    draw: Callable[[jax.Array], Any],
    one_step: Callable[[Carry, Any], tuple[Carry, Any]],
    carry: Carry,
    num_steps: int,
    at_once: int,
) -> tuple[Carry, Any]:
    """Do what `jax.lax.scan` does with `draw(t)` for t in 0 .. `num_steps` - 1, drawn `at_once` steps at a time.

    Args:
        draw: a function from the number of a step, () int32, to what the step takes.
        one_step: a function from a carry and what was drawn to the next carry and a result.
        carry: what the first step begins with.
        num_steps: T.
        at_once: the steps of a block, a divisor of T; see `steps_at_once`.

    Returns:
        The last carry, and the results, which lead with (T,).
    """

    def one_block(carry: Carry, times: jax.Array) -> tuple[Carry, Any]:
        return scan_block(draw, one_step, carry, times)

    times = jnp.arange(num_steps, dtype=jnp.int32).reshape(-1, at_once)
    carry, results = jax.lax.scan(one_block, carry, times)
    return carry, jax.tree.map(lambda leaf: leaf.reshape(num_steps, *leaf.shape[2:]), results)
