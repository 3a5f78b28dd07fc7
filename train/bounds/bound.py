"""What a bound says: a number that no policy exceeds, how sure it is, and where it was found."""

from dataclasses import dataclass

import numpy as np

from train.bounds.problem import Prices
from train.bounds.starts import read_at

CONFIDENCE = 3.09
"""Standard errors above the mean of sampled paths: a mean lies below that with 99.9 % confidence."""


@dataclass(frozen=True)
class Bound:
    """An upper bound on the mean reward of an episode."""

    value: float
    """No policy earns more on average over episodes with the starts that were asked for."""
    numerical_error: float
    """What the value may be off by: starts between those that were worked out, and the simulator's float32."""
    last_move: float
    """How far the last halving of the grids lowered it. It is valid on every grid, and finer ones would give less."""
    by_start: np.ndarray
    """(M,), the bound for episodes that start at `even_starts(M)`, by the mean of the paths where any were sampled."""
    standard_errors: np.ndarray
    """(M,), of these means; 0 where no paths were sampled."""
    prices: Prices | None
    """What prompts and dollars cost where it was found, on the nodes of the search; None where that is no table."""
    evaluations: int
    """Prices that the search tried."""
    seconds: float
    """How long it took."""

    @property
    def is_sampled(self) -> bool:
        """Whether paths were sampled, so that the value holds with 99.9 % confidence."""
        return bool(self.standard_errors.any())

    def at(self, starts: np.ndarray | None) -> float:
        """The bound for episodes with other starts, (E,) days; None: any time of day."""
        return upper_end(self.by_start, self.standard_errors, starts)

    def gap(self, reward: float) -> float:
        """Return how much more than a reward it is, as a share of the reward; NaN for a reward of 0."""
        return (self.value - reward) / abs(reward) if reward else float("nan")


def upper_end(by_start: np.ndarray, standard_errors: np.ndarray, starts: np.ndarray | None) -> float:
    """The bound over starts, (E,) days, from that at `even_starts(M)`, (M,): the upper end of its interval."""
    weights = np.array([read_at(row, starts) for row in np.eye(len(by_start))])
    return float(by_start @ weights + CONFIDENCE * np.sqrt(standard_errors**2 @ weights**2))
