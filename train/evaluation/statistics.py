"""Means with intervals, over episodes that all strategies share."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    def as_dict(self) -> dict[str, object]:
        """Return the estimate as a dict of JSON values."""
        return {"mean": self.mean, "ci95": [self.low, self.high]}


def mean_with_interval(values: np.ndarray) -> Estimate:
    """Return the mean of independent values, (E,), with Student's interval, which is infinite for a single value."""
    values = np.asarray(values, np.float64)
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean, -np.inf, np.inf)
    half = stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return Estimate(mean, mean - float(half), mean + float(half))


def paired_difference(values: np.ndarray, others: np.ndarray) -> Estimate:
    """Return the mean of `values - others`, both (E,); over the same episodes, their common random part cancels."""
    return mean_with_interval(np.asarray(values, np.float64) - np.asarray(others, np.float64))


def bootstrap_interval(estimates: np.ndarray, mean: float) -> Estimate:
    """Return an estimate with the percentile interval of its bootstrap replicates, (B,)."""
    low, high = np.percentile(estimates, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return Estimate(mean, float(low), float(high))


def histogram_percentiles(counts: np.ndarray, edges: np.ndarray, percentiles: tuple[float, ...]) -> list[float]:
    """Return percentiles of values counted in bins, (K,) counts between (K + 1,) edges, log-linear within a bin."""
    cumulative = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    # An empty bin has no width on the probability axis, so that positions may be equal; the first of them is read.
    positions = np.array(percentiles) / 100 * cumulative[-1]
    return [float(x) for x in np.exp(np.interp(positions, cumulative, np.log(edges)))]
