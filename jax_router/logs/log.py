"""The one table that every log becomes: numbers, names of models and of categories, and what was left out and why."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

FEW_ROWS = 1000
"""Requests of a model: with fewer, an endpoint is not fitted but taken from the price file or from priors."""


@dataclass(frozen=True)
class Failures:
    """F requests that failed, in the order of time."""

    seconds: np.ndarray  # (F,) float64, s since 1970
    model: np.ndarray  # (F,) int32, an index of the log's models
    refused: np.ndarray  # (F,) bool, by a rate limit


@dataclass(frozen=True)
class Log:
    """R answered requests in the order of their time. A number that the log does not have is NaN."""

    seconds: np.ndarray  # (R,) float64, s since 1970
    model: np.ndarray  # (R,) int32, an index of `models`
    prompt_tokens: np.ndarray  # (R,) float64
    completion_tokens: np.ndarray  # (R,) float64
    cost: np.ndarray  # (R,) float64, USD
    latency: np.ndarray  # (R,) float64, s
    ttft: np.ndarray  # (R,) float64, s to the first token
    category: np.ndarray  # (R,) int32, an index of `categories`
    score: np.ndarray  # (R,) float64, 0 .. 1
    prompt: np.ndarray  # (R,) int64, the same for requests that had the same prompt; -1 where that is not known
    models: tuple[str, ...]
    categories: tuple[str, ...]
    failures: Failures
    format: str
    """The name of the format that was recognised."""
    dropped: Mapping[str, int]
    """How many rows were left out, by reason."""
    remarks: tuple[str, ...]
    """What a user should know about how the file was read, one sentence each."""

    def __len__(self) -> int:
        """R."""
        return len(self.seconds)

    def has(self, column: str) -> bool:
        """Whether any request has this number: cost, latency, ttft, completion_tokens or score."""
        return bool(np.isfinite(getattr(self, column)).any())

    @property
    def span(self) -> float:
        """From the first request to the last, s."""
        return float(self.seconds[-1] - self.seconds[0]) if len(self) else 0.0

    def rows(self, chosen: np.ndarray | slice) -> "Log":
        """The requests of a mask or a slice; failures and what was dropped stay those of the file."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        kept: dict[str, Any] = {name: c[chosen] for name, c in columns.items() if isinstance(c, np.ndarray)}
        return replace(self, **kept)

    def between(self, start: float, end: float) -> "Log":
        """The requests, and the failures, at times of at least `start` and less than `end`, s since 1970."""
        part = self.rows((self.seconds >= start) & (self.seconds < end))
        failures = self.failures
        kept = (failures.seconds >= start) & (failures.seconds < end)
        return replace(part, failures=Failures(failures.seconds[kept], failures.model[kept], failures.refused[kept]))
