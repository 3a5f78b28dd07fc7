"""One step of many environments as a compiled loop, long enough to be timed."""

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks.measure import size_for

OneStep = Callable[[Any, jax.Array], Any]
"""A function from the loop's carry and two random keys of the step, (2,), to the next carry."""
MOST_AT_ONCE = 31
"""The most steps whose keys are made at once. Two keys a step and one to go on are 504 bytes; XLA is slow over 512."""
STEPS_AT_ONCE = 2**16
"""The number of environment steps that makes the time for making keys negligible."""


class Loop:
    """A program that repeats `one_step`, and goes on from where its last call ended.

    Its length is chosen so that a call takes about `seconds`, and is then fixed when the loop is compiled, as it is in
    a trainer.
    """

    def __init__(self, one_step: OneStep, start: Any, num_envs: int, seconds: float) -> None:
        at_once = min(MOST_AT_ONCE, max(1, STEPS_AT_ONCE // num_envs))
        self._carry = (jax.random.key(1), start)

        def block(carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
            keys = jax.random.split(carry[0], 2 * at_once + 1)
            pairs = keys[1:].reshape(at_once, 2)
            return keys[0], jax.lax.scan(lambda carry, pair: (one_step(carry, pair), None), carry[1], pairs)[0]

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
