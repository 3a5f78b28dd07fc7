"""The prompts of LLMRouter-v0 one by one, with NumPy: for programs that want traffic without an environment."""

import math
from dataclasses import dataclass

import numpy as np

from jax_router.v0.settings import Settings
from jax_router.v0.traffic import LOAD_PEAK


@dataclass(frozen=True)
class PromptRequest:
    """One prompt; all three are numbers in 0 .. 1."""

    length: float
    complexity: float
    quality_required: float


class TrafficGenerator:
    """Prompts as the synthetic traffic of LLMRouter-v0 has them (docs/dynamics.md, "Traffic").

    The time of day decides how many requests join a queue, and not what a prompt is like.
    """

    def __init__(
        self,
        rng: np.random.Generator | None = None,
        complexity_alpha: float = 2.0,
        complexity_beta: float = 5.0,
        length_alpha: float = 2.0,
        length_beta: float = 3.0,
    ) -> None:
        """Take a generator, None for a fresh one, and the parameters of two Beta distributions."""
        self.rng = np.random.default_rng() if rng is None else rng
        self.complexity_alpha, self.complexity_beta = complexity_alpha, complexity_beta
        self.length_alpha, self.length_beta = length_alpha, length_beta

    def sample(self, time_of_day: float = 0.0) -> PromptRequest:
        """Draw a prompt; `time_of_day`, days, changes nothing about it."""
        complexity = float(self.rng.beta(self.complexity_alpha, self.complexity_beta))
        length = float(self.rng.beta(self.length_alpha, self.length_beta))
        required = 0.5 + 0.4 * complexity + 0.05 * self.rng.standard_normal()
        return PromptRequest(length, complexity, min(max(required, 0.0), 1.0))

    def load_factor(self, time_of_day: float) -> float:
        """Return the load at a time of day, days: its mean over a day is 1, and it peaks at 09:00."""
        return 1 + Settings().load_amplitude * math.cos(2 * math.pi * (time_of_day - LOAD_PEAK))
