"""The search for prices: L-BFGS on a coarse problem, for as long as there is time. Any prices give a valid bound."""

import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from scipy.optimize import minimize

from train.bounds.gradient import value_and_slope
from train.bounds.problem import Prices, RelaxedProblem

KNOT_SPACING = 60
"""Steps between two knots of the prices in the middle of an episode."""
END_KNOTS = (3, 8, 16, 30)
"""Steps from either end of an episode with further knots: queues begin empty, and nothing matters later."""
MEMORY = 20
"""Past slopes that L-BFGS keeps."""
NEVER_LATE = 0.1
"""Where the search begins: prices are what a queue that is filled to this share would earn."""

Progress = Callable[[int, float], None]
"""It is told the number of evaluations so far and the best bound."""


class _OutOfTime(Exception):
    """Raised through SciPy, which has no other way to stop within an iteration."""


def search_prices(
    problem: RelaxedProblem,
    seconds: float,
    max_evaluations: int,
    progress: Progress | None = None,
    none_negative: bool = False,
) -> tuple[Prices, int]:
    """The best prices found within a time and a number of evaluations, and how many there were; at least one.

    Every start has its own prices, and its own price of money where the budget may bind. The search does not look at
    how an episode ends. Where `none_negative`, or where the budget is too small to serve all prompts, no price of a
    prompt is negative: nothing can then be gained by an early end.
    """
    begun = time.monotonic()
    first = first_prices(problem)
    scaling = _Scaling(problem, first, none_negative or problem.must_run_dry)
    best, best_values = first, np.full(problem.num_starts, np.inf)
    count = 0

    def evaluate(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal best, best_values, count
        if count and (count >= max_evaluations or time.monotonic() - begun > seconds):
            raise _OutOfTime
        prices = scaling.prices(scaled)
        values, by_knot, by_money = value_and_slope(problem, prices)
        count += 1
        best, best_values = _better_of_each(prices, values, best, best_values)
        if progress is not None:
            progress(count, float(best_values.mean()))
        return float(values.sum()), scaling.slope(by_knot, by_money)

    options = {"maxcor": MEMORY, "maxiter": max_evaluations, "ftol": 1e-9, "gtol": 1e-6}
    with suppress(_OutOfTime):
        minimize(evaluate, scaling.start, jac=True, method="L-BFGS-B", bounds=scaling.bounds, options=options)
    return best, count


def first_prices(problem: RelaxedProblem) -> Prices:
    """Where a search begins: what the best model earns with a little queue, at all times and sizes the same.

    Where the budget is too small for all prompts, money has the price instead: what the best model earns with it.
    """
    steps = knot_steps(problem.num_steps)
    depth = int(NEVER_LATE * (problem.wait.shape[1] - 1))
    earned = problem.answer + problem.wait[:, [depth]]  # (N, C)
    shape = (problem.num_starts, len(steps), earned.shape[1], problem.size_weights.shape[-1])
    if problem.must_run_dry:
        money = max(0.0, float((earned @ problem.kind_weights / problem.costs).max()))
        return Prices(np.zeros(shape), steps, np.full(problem.num_starts, money))
    share = problem.budget / problem.num_steps
    # Money costs nothing yet, unless the models within the budget's share earn less than those that are not.
    best = earned[problem.costs <= max(share, problem.costs.min())].max(0)
    return Prices(np.broadcast_to(best[:, None], shape).copy(), steps, np.zeros(problem.num_starts))


def knot_steps(num_steps: int) -> np.ndarray:
    """The steps of an episode at which prices have knots, rising, from 0 to T - 1."""
    last = num_steps - 1
    even = np.linspace(0, last, max(2, round(last / KNOT_SPACING) + 1)).round().astype(int)
    ends = np.array(END_KNOTS)
    return np.unique(np.clip(np.concatenate([even, ends, last - ends]), 0, last))


class _Scaling:
    """Prices as the vector that the search moves: each times the root of how likely what it is paid for is."""

    def __init__(self, problem: RelaxedProblem, first: Prices, none_negative: bool) -> None:
        mass = np.zeros(first.knots.shape)
        for step in range(problem.num_steps):
            weights = problem.kind_weights[:, None] * problem.size_weights[:, step][:, None]
            left, share = first.place(step)
            mass[:, left] += (1 - share) * weights
            if share:
                mass[:, left + 1] += share * weights
        self._steps = first.steps
        self._root = np.sqrt(np.maximum(mass, 1e-6))
        # A dollar more on the price of money is about the share of the budget more on the price of every prompt.
        self._money = problem.budget / np.sqrt(problem.num_steps) if problem.can_run_dry else None
        money = first.money * self._money if self._money is not None else np.zeros(0)
        knots = np.maximum(first.knots, 0.0) if none_negative else first.knots
        self.start = np.concatenate([(knots * self._root).ravel(), money])
        least = 0.0 if none_negative else None
        self.bounds = [(least, None)] * self._root.size + [(0.0, None)] * len(money)

    def prices(self, scaled: np.ndarray) -> Prices:
        size = self._root.size
        knots = scaled[:size].reshape(self._root.shape) / self._root
        money = np.zeros(len(knots)) if self._money is None else scaled[size:] / self._money
        return Prices(knots, self._steps, money)

    def slope(self, by_knot: np.ndarray, by_money: np.ndarray) -> np.ndarray:
        money = np.zeros(0) if self._money is None else by_money / self._money
        return np.concatenate([(by_knot / self._root).ravel(), money])


def _better_of_each(
    prices: Prices, values: np.ndarray, best: Prices, best_values: np.ndarray
) -> tuple[Prices, np.ndarray]:
    """For each start the prices that give the lower bound."""
    better = values < best_values
    knots = np.where(better[:, None, None, None], prices.knots, best.knots)
    return Prices(knots, prices.steps, np.where(better, prices.money, best.money)), np.minimum(values, best_values)
