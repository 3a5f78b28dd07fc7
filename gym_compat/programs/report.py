"""The results of a step that programs return to the host, for one environment or for a batch."""

from typing import Any

import jax
from flax import struct

from jax_router.simulator import AnyState, StepResult


@struct.dataclass
class Report:
    """The results of a step of one environment, in the order of packing; on the host, a batch leads with (B,)."""

    observation: jax.Array  # (D,) float32, after the step and before any reset within it
    reward: jax.Array  # () float32
    terminated: jax.Array  # () bool
    truncated: jax.Array  # () bool
    outcome: Any  # the simulator's `Outcome`
    budget_remaining: jax.Array  # () float32, USD, after the step and before any reset within it


def report_of(state: AnyState, made: StepResult) -> Report:
    """Make the report of a step that led to `state`."""
    return Report(
        observation=made.observation,
        reward=made.reward,
        terminated=made.terminated,
        truncated=made.truncated,
        outcome=made.outcome,
        budget_remaining=state.budget_remaining,
    )
