"""What text and pictures show of any environment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gym_compat.env import View


@dataclass(frozen=True)
class Moment:
    """One environment at the moment when a prompt waits to be routed, as far as all environments are alike."""

    scenario: str
    models: Sequence[Any]  # the version's `ModelConfig`, each with a name
    time_of_day: float  # days, [0, 1)
    budget_remaining: float  # USD
    budget: float  # USD
    step_count: int  # prompts routed this episode
    episode_length: int  # prompts

    @property
    def clock(self) -> str:
        """The time of day as hours and minutes."""
        minutes = int(self.time_of_day * 24 * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"


def moment_of(view: View) -> dict[str, Any]:
    """The fields of `Moment`, by name, of an environment between two steps."""
    problem, state = view.problem, view.state
    return {
        "scenario": problem.scenario,
        "models": problem.models,
        "time_of_day": float(state.time_of_day),
        "budget_remaining": float(state.budget_remaining),
        "budget": problem.budget,
        "step_count": int(state.step_count),
        "episode_length": problem.episode_length,
    }
