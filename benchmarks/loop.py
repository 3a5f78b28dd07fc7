"""One step of many environments as a compiled loop, long enough to be timed."""

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks.measure import size_for

OneStep = Callable[[Any, jax.Array], Any]
"""From what is carried and the number of the step, () int32, to what is carried on."""


class Loop:
    """A program that repeats `one_step`, and goes on from where its last call ended.

    Its length is chosen so that a call takes about `seconds`, and is then fixed: a loop whose length is known is what
    a trainer compiles, too.
    """

    def __init__(self, one_step: OneStep, start: Any, num_envs: int, seconds: float) -> None:
        self._carry = start
        self._num_envs = num_envs
        self.num_steps = _length_for(seconds, one_step, start)
        """Steps of each environment in one call."""

        def run(carry: Any) -> Any:
            steps = np.arange(self.num_steps, dtype=np.int32)
            return jax.lax.scan(lambda carry, t: (one_step(carry, t), None), carry, steps)[0]

        began = time.perf_counter()
        self._compiled = jax.jit(run).lower(start).compile()
        self.compile_seconds = time.perf_counter() - began
        """Seconds of tracing, lowering and compiling."""

    def __call__(self) -> int:
        """Make the steps; how many, over all environments."""
        self._carry = jax.block_until_ready(self._compiled(self._carry))
        return self.num_steps * self._num_envs


def _length_for(seconds: float, one_step: OneStep, start: Any) -> int:
    def run(carry: Any, num_steps: jax.Array) -> Any:
        return jax.lax.fori_loop(0, num_steps, lambda t, carry: one_step(carry, t), carry)

    compiled = jax.jit(run).lower(start, np.int32(1)).compile()
    return size_for(seconds, lambda size: jax.block_until_ready(compiled(start, np.int32(size))))
