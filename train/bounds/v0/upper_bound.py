"""No policy of LLMRouter-v0 earns more than this, on average over episodes.

The bound is proved (docs/bounds.md) but for what `Bound.numerical_error` says. It needs no luck: nothing is sampled.
"""

import time
from collections.abc import Iterator

import numpy as np

from jax_router.v0.params import Params
from train.bounds.bound import Bound
from train.bounds.endings import ending
from train.bounds.minimise import Progress, search_prices
from train.bounds.problem import ROUNDING, Prices, RelaxedProblem, carried
from train.bounds.relaxation import relaxed_value
from train.bounds.starts import even_starts, read_at, reading_error
from train.bounds.v0.discretise import Resolution, discretise

SEARCH = Resolution(depths=41, complexities=12, sizes=6, required=3)
"""Where prices are searched: coarse, and not lifted."""
COARSEST = Resolution(depths=51, complexities=20, sizes=7, required=9)
"""Where the bound is worked out first; everything is then halved."""
MAX_HALVINGS = 2
"""How often it is halved at most."""
NUM_STARTS = 8
"""Times of day at which the bound is worked out."""
MAX_EVALUATIONS = 200
"""Prices that a search tries at most; the time is over before."""
GOOD_ENOUGH = 1e-3
"""The share of the bound by which the last halving of the grids moved it, to stop there."""
SEARCH_SHARE = 0.5
"""The share of the time that the first search for prices may take; a second is rare, and may take half as long."""
COST_OF_HALVING = 6.0
"""How much longer a pass takes on grids of half the spacing, about."""


def upper_bound(
    params: Params,
    starts: np.ndarray | None = None,
    seconds: float = 60.0,
    progress: Progress | None = None,
    num_starts: int = NUM_STARTS,
    max_evaluations: int = MAX_EVALUATIONS,
    max_halvings: int = MAX_HALVINGS,
) -> Bound:
    """The mean reward of an episode that no policy exceeds, whatever it knows of the past and the present.

    Args:
        params: the routing problem.
        starts: (E,) days, the times of day at which the episodes start that a table is about; None: any time of day.
        seconds: for how long to look, about; less time gives a weaker bound, and never a wrong one.
        progress: is told the number of prices tried and the best bound on the grids of the search, which is no bound.
        num_starts: M, an even number of times of day at which the bound is worked out.
        max_evaluations: prices that the search tries at most.
        max_halvings: how often the grids are halved at most.
    """
    begun = time.monotonic()
    coarse = discretise(params, even_starts(num_starts), SEARCH, lifted=False)
    prices, evaluations = _search(coarse, SEARCH_SHARE * seconds, max_evaluations, progress)
    by_start, last_move = np.full(num_starts, np.inf), np.inf
    for resolution in _resolutions(max_halvings):
        pass_begun = time.monotonic()
        fine = discretise(params, even_starts(num_starts), resolution, lifted=True)
        here = carried(prices, coarse, fine)
        found = np.minimum(by_start, relaxed_value(fine, here) + ending(fine, here))
        last_move, by_start = float((by_start - found).mean()), found
        now = time.monotonic()
        if (
            abs(last_move) < GOOD_ENOUGH * abs(found.mean())
            or now - begun + COST_OF_HALVING * (now - pass_begun) > seconds
        ):
            break
    money = float((prices.money * coarse.budget).mean())
    return Bound(
        value=read_at(by_start, starts),
        numerical_error=reading_error(by_start, starts) + ROUNDING * money,
        last_move=last_move,
        by_start=by_start,
        prices=prices,
        evaluations=evaluations,
        seconds=time.monotonic() - begun,
    )


def _search(
    problem: RelaxedProblem, seconds: float, max_evaluations: int, progress: Progress | None
) -> tuple[Prices, int]:
    """The best prices for each start, with the end of an episode counted in."""
    prices, evaluations = search_prices(problem, seconds, max_evaluations, progress)
    ends = ending(problem, prices)
    if problem.must_run_dry or (ends < GOOD_ENOUGH * np.abs(relaxed_value(problem, prices))).all():
        return prices, evaluations
    others, more = search_prices(problem, seconds / 2, max_evaluations, progress, none_negative=True)
    values = [relaxed_value(problem, found) + ending(problem, found) for found in (prices, others)]
    better = values[1] < values[0]
    knots = np.where(better[:, None, None, None], others.knots, prices.knots)
    return Prices(knots, prices.steps, np.where(better, others.money, prices.money)), evaluations + more


def _resolutions(max_halvings: int) -> Iterator[Resolution]:
    """Grids of half the spacing each time."""
    for halvings in range(max_halvings + 1):
        yield Resolution(*(2**halvings * (count - 1) + 1 for count in vars(COARSEST).values()))
