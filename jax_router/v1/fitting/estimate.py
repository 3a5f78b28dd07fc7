"""A fitted number: its value, its interval, and where it is from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 100
"""Bootstrap samples behind an interval."""
BLOCKS = 40
"""Blocks of time that a bootstrap draws from: what happens within one stays together."""


@dataclass(frozen=True)
class Estimate:
    """One number of a problem."""

    value: float
    origin: str
    """Where it is from, as a phrase: "log, 12,034 requests", "price file", "prior: the log never fills the slots"."""
    low: float | None = None
    high: float | None = None
    """The 95 % interval, where the number is fitted."""

    @property
    def is_prior(self) -> bool:
        """Whether neither the log nor a file says anything about the number."""
        return self.origin.startswith("prior")

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval; None where there is none."""
        if self.low is None or self.high is None or not np.isfinite([self.low, self.high]).all():
            return None
        return self.low, self.high

    def in_words(self) -> str:
        """The interval and the origin, such as "0.0093 to 0.0101; log, 12,034 requests"."""
        if self.interval is None:
            return self.origin
        low, high = self.interval
        return f"{low:.4g} to {high:.4g}; {self.origin}"


def prior(value: float, why: str) -> Estimate:
    """A number that the log cannot tell, with the reason."""
    return Estimate(value, f"prior: {why}")


def block_bootstrap(
    block: np.ndarray, estimate: Callable[[np.ndarray], np.ndarray], seed: int = 0, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of 95 % intervals of K numbers, each (K,), where whole blocks are drawn with replacement.

    Args:
        block: (R,) int, which block each row is in.
        estimate: from indices of rows to the K numbers.
        seed: of the draws.
        resamples: how many samples are drawn.
    """
    order = np.argsort(block, kind="stable")
    edges = np.flatnonzero(np.diff(block[order])) + 1
    parts = np.split(order, edges)
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(parts), size=len(parts)) for _ in range(resamples))
    found = np.array([estimate(np.concatenate([parts[i] for i in draw])) for draw in draws])
    outside = 50 * (1 - CONFIDENCE)
    low, high = np.nanpercentile(found, [outside, 100 - outside], axis=0)
    return low, high


def blocks_of(seconds: np.ndarray, count: int = BLOCKS) -> np.ndarray:
    """Which of `count` equally long stretches of time each row is in, (R,) int64."""
    since = seconds - seconds.min()
    return np.minimum((since / max(since.max(), 1e-9) * count).astype(np.int64), count - 1)
