"""The environment of `benchmarks/numpy_env.py`, written for speed: numbers drawn by the thousand, and Python's floats.

A NumPy operation on a handful of numbers takes as long as twenty operations of Python on floats.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.numpy_env import COST, LATENCY_MEAN, LATENCY_STD, NAMES, QUALITY, NumpyRouterEnv

COSTS, MEANS, STDS, QUALITIES = COST.tolist(), LATENCY_MEAN.tolist(), LATENCY_STD.tolist(), QUALITY.tolist()
BLOCK = 1024
"""The steps whose random numbers are drawn at once."""


class FastNumpyRouterEnv(NumpyRouterEnv):
    """Routing across the five preset models, as `NumpyRouterEnv` does."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        self._depths = [0.0] * len(NAMES)
        super().reset(seed=seed)
        self._depths = self._queues.tolist()
        self._draws = self._block()
        return self._observe(), {}

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if not 0 <= action < len(NAMES):
            raise ValueError(f"action is {action!r}; it must be an integer from 0 to {len(NAMES) - 1}")
        draw = next(self._draws, None)
        if draw is None:
            self._draws = self._block()
            draw = next(self._draws)
        latency_luck, quality_luck, arrivals, drains, length, complexity, required_luck = draw
        depths, cost = self._depths, COSTS[action]
        slowdown = 1.0 + 2.0 * depths[action] / self.max_queue_depth
        latency = max(0.01, MEANS[action] + STDS[action] * latency_luck) * slowdown
        gap = max(0.0, -1.0 + 6.7 * self._complexity)
        quality = min(max(1.0 - (1.0 - QUALITIES[action]) * gap + quality_luck, 0.0), 1.0)
        reward = -cost + 0.5 * quality - 2.0 * max(0.0, latency - 1.0)
        quality_required = self._quality_required

        load = 1.0 + 0.5 * math.sin(2.0 * math.pi * (self._time_of_day - 0.125))
        joined = arrivals * load * self._length / 0.4
        depths[action] = min(depths[action] + joined, self.max_queue_depth)
        self._depths = [depth * drain for depth, drain in zip(depths, drains, strict=True)]
        self._time_of_day = (self._time_of_day + 1.0 / 1440.0) % 1.0
        self._budget_remaining = max(0.0, self._budget_remaining - cost)
        self._step_count += 1
        self._length, self._complexity = length, complexity
        self._quality_required = min(max(0.5 + 0.4 * complexity + required_luck, 0.0), 1.0)
        info = {
            "cost": cost,
            "quality": quality,
            "latency": latency,
            "model_name": NAMES[action],
            "budget_remaining": self._budget_remaining,
            "quality_required": quality_required,
            "sla_violated": latency > 1.0,
        }
        terminated = self._budget_remaining <= 0.0
        return self._observe(), reward, terminated, self._step_count >= self.episode_length, info

    def _block(self) -> Iterator[tuple[Any, ...]]:
        rng = self.np_random
        columns = [
            rng.normal(size=BLOCK),
            rng.normal(0.0, 0.02, BLOCK),
            rng.exponential(2.0, BLOCK),
            rng.uniform(0.90, 0.98, (BLOCK, len(NAMES))),
            rng.beta(2.0, 3.0, BLOCK),
            rng.beta(2.0, 5.0, BLOCK),
            rng.normal(0.0, 0.05, BLOCK),
        ]
        return zip(*(column.tolist() for column in columns), strict=True)

    def _observe(self) -> np.ndarray:
        shares = [depth / self.max_queue_depth for depth in self._depths]
        budget = self._budget_remaining / self.budget
        return np.array([self._length, self._complexity, *shares, self._time_of_day, budget], np.float32)
