"""What a step tells, of one environment or of a batch."""

from typing import Any

import jax
from flax import struct

from jax_router.simulator import AnyState, StepResult


@struct.dataclass
class Report:
    """What a step tells of one environment, in the order in which it is packed; on the host a batch leads with (B,)."""

    observation: jax.Array  # (D,) float32, after the step and before any reset within it
    reward: jax.Array  # () float32
    terminated: jax.Array  # () bool
    truncated: jax.Array  # () bool
    outcome: Any  # the simulator's `Outcome`
    budget_remaining: jax.Array  # () float32, USD, after the step and before any reset within it


def report_of(state: AnyState, made: StepResult) -> Report:
    """The report of a step that led to `state`."""
    return Report(
        observation=made.observation,
        reward=made.reward,
        terminated=made.terminated,
        truncated=made.truncated,
        outcome=made.outcome,
        budget_remaining=state.budget_remaining,
    )
