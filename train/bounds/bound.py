"""What a bound says: a number that no policy exceeds, how sure it is, and where it was found."""

from dataclasses import dataclass

import numpy as np

from train.bounds.problem import Prices
from train.bounds.starts import read_at


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
    """(M,), the bound for episodes that start at `even_starts(M)`."""
    prices: Prices
    """What prompts and dollars cost where it was found, on the nodes of the search."""
    evaluations: int
    """Prices that the search tried."""
    seconds: float
    """How long it took."""

    def at(self, starts: np.ndarray | None) -> float:
        """The bound for episodes with other starts, (E,) days; None: any time of day."""
        return read_at(self.by_start, starts)

    def gap(self, reward: float) -> float:
        """Return how much more than a reward it is, as a share of the reward; NaN for a reward of 0."""
        return (self.value - reward) / abs(reward) if reward else float("nan")
