"""Many routing problems whose fleets differ in size, as one pytree of one shape."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from flax import struct

from jax_router import versions
from jax_router.internal.arrays import constant
from jax_router.simulator import AnyParams, Simulator


@struct.dataclass
class Problems:
    """P problems of one simulator, each with at most N models; models that a problem lacks are absent."""

    problem: Any  # the simulator's `Params`, fields lead with (P,)
    present: jax.Array  # (P, N) bool
    max_steps_in_episode: int = struct.field(pytree_node=False)  # prompts, the most of any of them

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.present.shape[-1]

    @property
    def simulator(self) -> Simulator:
        """The simulator of all the problems."""
        return self.problem.simulator

    def one(self, index: int) -> Any:
        """Return the parameters of one problem, with its absent models."""
        return jax.tree.map(lambda leaf: leaf[index], self.problem)

    @classmethod
    def of(cls, problems: Sequence[AnyParams]) -> "Problems":
        """Stack problems whose fleets may differ in size.

        Raises `ValueError` where there are none, or where models of their simulator cannot be absent.
        """
        if not problems:
            raise ValueError("problems is empty; there must be at least one")
        num_models = max(problem.num_models for problem in problems)
        random_fleets = versions.of(problems[0]).random_fleets
        if random_fleets is None:
            raise ValueError(f"problems are of {problems[0].simulator.name}, whose models cannot be absent")
        padded = (random_fleets.padded(problem, num_models) for problem in problems)
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *padded)
        present = constant(np.arange(num_models) < np.array([[problem.num_models] for problem in problems]), np.bool_)
        return cls(stacked, present, max(int(problem.max_steps_in_episode) for problem in problems))
