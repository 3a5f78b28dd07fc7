"""One step of many environments as a compiled loop, long enough to be timed."""

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks.measure import size_for
from jax_router.internal.blocks import scan_steps, steps_at_once

Draw = Callable[[jax.Array], Any]
"""A function from two random keys of a step, (2,), to what the step takes."""
OneStep = Callable[[Any, Any], Any]
"""A function from the loop's carry, and what was drawn for the step, to the next carry."""
MOST_AT_ONCE = 30
"""The most steps whose keys are made at once. Two keys a step and one to go on are 488 bytes; XLA is slow over 512."""
STEPS_AT_ONCE = 2**16
"""The number of environment steps that makes the time for making keys negligible."""


class Loop:
    """A program that repeats `one_step`, and goes on from where its last call ended.

    Its length is chosen so that a call takes about `seconds`, and is then fixed when the loop is compiled, as it is in
    a trainer.
    """

    def __init__(self, one_step: OneStep, start: Any, num_envs: int, seconds: float, draw: Draw | None = None) -> None:
        """Take the step, its first carry, the environments in it, the length of a call in s, and what to draw ahead.

        With `draw`, numbers are drawn for a block of steps at once, as `jax_router.run_steps` does it; without, a step
        takes the two keys themselves.
        """
        at_once = min(MOST_AT_ONCE, max(1, STEPS_AT_ONCE // num_envs))
        self._carry = (jax.random.key(1), start)

        def block(carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
            keys = jax.random.split(carry[0], 2 * at_once + 1)
            pairs = keys[1:].reshape(at_once, 2)
            if draw is None:
                return keys[0], jax.lax.scan(lambda carry, pair: (one_step(carry, pair), None), carry[1], pairs)[0]
            return keys[0], scan_steps(
                lambda t: draw(pairs[t]),
                lambda carry, drawn: (one_step(carry, drawn), None),
                carry[1],
                at_once,
                steps_at_once(num_envs, at_once),
            )[0]

        num_blocks = _length_for(seconds, block, self._carry)
        self._num_steps = num_blocks * at_once * num_envs

        def blocks(carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
            return jax.lax.scan(lambda carry, _: (block(carry), None), carry, length=num_blocks)[0]

        began = time.perf_counter()
        self._compiled = jax.jit(blocks).lower(self._carry).compile()
        self.compile_seconds = time.perf_counter() - began
        """The time of tracing, lowering and compiling, s."""

    def __call__(self) -> int:
        """Make the steps, and return how many they are over all environments."""
        self._carry = jax.block_until_ready(self._compiled(self._carry))
        return self._num_steps


def _length_for(seconds: float, block: Callable[[Any], Any], start: Any) -> int:
    def run(carry: Any, length: jax.Array) -> Any:
        return jax.lax.fori_loop(0, length, lambda _, carry: block(carry), carry)

    compiled = jax.jit(run).lower(start, np.int32(1)).compile()
    return size_for(seconds, lambda size: jax.block_until_ready(compiled(start, np.int32(size))))
