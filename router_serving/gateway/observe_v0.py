"""The observation of a policy of LLMRouter-v0: length, complexity, N queues, time of day, budget.

Its simulator has loads in place of requests in slots. What stands for a model's queue is the one at which the
simulator's model is as slow as this one is now: with n requests in c slots, a prompt takes max(1, (n + 1) / c) times as
long.
"""

from collections.abc import Sequence

import numpy as np

from router_serving.gateway.situation import Situation
from router_serving.policy import Origin


class ObserverV0:
    """Makes observations (N + 4,) float32 of situations."""

    def __init__(self, origin: Origin, longest_prompt: float) -> None:
        """`longest_prompt` is the tokens of a prompt of length 1."""
        self._slowdown = origin.numbers["slowdown"][0]
        self._floor, self._slope = origin.numbers["gap_floor"][0], origin.numbers["gap_slope"][0]
        self._weakness = [1.0 - model["quality_score"] for model in origin.models]
        self._longest = longest_prompt

    def __call__(self, situation: Situation) -> np.ndarray:
        """The observation, (N + 4,) float32, every number in 0 .. 1."""
        complexity = self.complexity(situation.quality) if situation.complexity is None else situation.complexity
        numbers = [situation.input_tokens / self._longest, complexity]
        for requests, slots in zip(situation.requests, situation.slots, strict=True):
            slower = max(1.0, (requests + 1.0) / slots)
            numbers.append((slower - 1.0) / self._slowdown if self._slowdown else 0.0)
        numbers += (situation.time_of_day, situation.budget_left)
        return np.array([min(max(number, 0.0), 1.0) for number in numbers], np.float32)

    def complexity(self, quality: Sequence[float]) -> float:
        """The complexity at which the simulator's models are as good as these, N, by least squares of their gaps.

        From `1 - quality = (1 - score) max(0, gap_floor + gap_slope complexity)` (docs/dynamics.md, step 3).
        """
        square = sum(weak * weak for weak in self._weakness)
        both = sum(weak * (1.0 - good) for weak, good in zip(self._weakness, quality, strict=True))
        gap = both / square if square else 1.0
        return min(max((gap - self._floor) / self._slope, 0.0), 1.0) if self._slope else 0.0
