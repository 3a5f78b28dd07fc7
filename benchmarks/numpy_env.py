"""The dynamics of docs/dynamics.md (scenario `default`) in plain NumPy, the way a careful user writes an environment.

`benchmarks/gym.py` compares with it. It uses neither JAX nor `jax_router` on purpose.
"""

import math
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

NAMES = ("tier1_large", "tier1_small", "tier2_large", "tier2_small", "open_source")
COST = np.array([0.030, 0.003, 0.015, 0.001, 0.0005])  # USD a prompt
LATENCY_MEAN = np.array([2.0, 0.5, 1.5, 0.3, 0.8])  # s
LATENCY_STD = np.array([0.5, 0.1, 0.4, 0.08, 0.3])  # s
QUALITY = np.array([0.95, 0.82, 0.90, 0.75, 0.70])


class NumpyRouterEnv(gym.Env[np.ndarray, np.int64]):
    """Routing across the five preset models.

    Observation: (9,) float32 in 0 .. 1. Action: 0 .. 4. Reward, endings and info as in `gym_compat.LLMRouterEnv`.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # Gymnasium leaves ClassVar out

    def __init__(self, episode_length: int = 1000, budget: float = 10.0, max_queue_depth: float = 50.0) -> None:
        self.episode_length = episode_length
        self.budget = budget
        self.max_queue_depth = max_queue_depth
        self.observation_space = gym.spaces.Box(0.0, 1.0, (len(NAMES) + 4,), np.float32)
        self.action_space = gym.spaces.Discrete(len(NAMES))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._queues = self.np_random.uniform(0.0, 0.2, len(NAMES))
        self._time_of_day = self.np_random.random()
        self._budget_remaining = self.budget
        self._step_count = 0
        self._draw_prompt()
        return self._observe(), {}

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if not self.action_space.contains(action):
            raise ValueError(f"action is {action!r}; it must be an integer from 0 to {len(NAMES) - 1}")
        rng = self.np_random
        cost = float(COST[action])
        slowdown = 1.0 + 2.0 * self._queues[action] / self.max_queue_depth
        latency = float(max(0.01, rng.normal(LATENCY_MEAN[action], LATENCY_STD[action])) * slowdown)
        gap = max(0.0, -1.0 + 6.7 * self._complexity)
        quality = float(min(max(1.0 - (1.0 - QUALITY[action]) * gap + rng.normal(0.0, 0.02), 0.0), 1.0))
        reward = -cost + 0.5 * quality - 2.0 * max(0.0, latency - 1.0)
        quality_required = self._quality_required

        load = 1.0 + 0.5 * math.sin(2.0 * math.pi * (self._time_of_day - 0.125))
        joined = rng.exponential(2.0) * load * self._length / 0.4
        self._queues[action] = min(self._queues[action] + joined, self.max_queue_depth)
        self._queues *= rng.uniform(0.90, 0.98, len(NAMES))
        self._time_of_day = (self._time_of_day + 1.0 / 1440.0) % 1.0
        self._budget_remaining = max(0.0, self._budget_remaining - cost)
        self._step_count += 1
        self._draw_prompt()

        terminated = self._budget_remaining <= 0.0
        truncated = self._step_count >= self.episode_length
        info = {
            "cost": cost,
            "quality": quality,
            "latency": latency,
            "model_name": NAMES[action],
            "budget_remaining": self._budget_remaining,
            "quality_required": quality_required,
            "sla_violated": latency > 1.0,
        }
        return self._observe(), reward, terminated, truncated, info

    def _draw_prompt(self) -> None:
        rng = self.np_random
        self._length = rng.beta(2.0, 3.0)
        self._complexity = rng.beta(2.0, 5.0)
        self._quality_required = min(max(0.5 + 0.4 * self._complexity + rng.normal(0.0, 0.05), 0.0), 1.0)

    def _observe(self) -> np.ndarray:
        return np.concatenate(
            [
                [self._length, self._complexity],
                np.clip(self._queues / self.max_queue_depth, 0.0, 1.0),
                [self._time_of_day, self._budget_remaining / self.budget],
            ],
            dtype=np.float32,
        )
