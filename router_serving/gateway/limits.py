"""Rate limits: a bucket of requests and one of tokens for each model, as far as a gateway can know them.

Each holds one minute's worth and refills evenly. Its level is counted by ourselves, and corrected wherever a provider
says what is left of it.
"""

import threading

import numpy as np

NAMES = {"requests": 0, "tokens": 1}
"""The rows of a level."""


class Limits:
    """The buckets of N models. Many threads may use it."""

    def __init__(self, request_limit: np.ndarray, token_limit: np.ndarray, now: float) -> None:
        """Limits, (N,), are requests and tokens a minute of one deployment; `now` is a monotonic clock, s."""
        self._size = np.stack([request_limit, token_limit])
        self._level = self._size.copy()
        self._deployments = np.ones(len(request_limit))
        self._since = now
        self._lock = threading.Lock()

    def levels(self, deployments: np.ndarray, now: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Requests and tokens that are left, and the smaller share of a bucket, each (N,), of models with so many
        deployments, (N,)."""
        with self._lock:
            self._deployments = np.maximum(deployments, 1.0)
            self._refill(now)
            size = self._size * self._deployments
            requests, tokens = np.maximum(self._level, 0.0)
            return requests, tokens, np.clip(self._level / size, 0.0, 1.0).min(axis=0)

    def take(self, model: int, requests: float, tokens: float, now: float) -> None:
        """Take from a model's buckets; negative numbers give back."""
        with self._lock:
            self._refill(now)
            self._level[:, model] -= (requests, tokens)

    def told(self, model: int, name: str, left: float, now: float) -> None:
        """A provider says how many "requests" or "tokens" one deployment of a model has left."""
        with self._lock:
            self._refill(now)
            row = NAMES[name]
            others = self._size[row, model] * (self._deployments[model] - 1.0)
            self._level[row, model] = min(left + others, self._size[row, model] * self._deployments[model])

    def _refill(self, now: float) -> None:
        size = self._size * self._deployments
        self._level = np.minimum(self._level + size * (max(0.0, now - self._since) / 60.0), size)
        self._since = now
