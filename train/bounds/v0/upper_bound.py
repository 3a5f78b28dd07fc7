"""No policy of LLMRouter-v0 earns more than this, on average over episodes.

The bound is proved (docs/bounds.md) but for what `Bound.numerical_error` says. Where money costs nothing, sampled paths
(`train.bounds.paths`) sharpen it, and it then holds with 99.9 % confidence.
"""

import time
from collections.abc import Iterator

import numpy as np

from jax_router.v0.params import Params
from train.bounds.bound import Bound, upper_end
from train.bounds.endings import ending
from train.bounds.minimise import Progress, search_prices
from train.bounds.paths import least_losses
from train.bounds.problem import ROUNDING, Prices, RelaxedProblem, carried
from train.bounds.relaxation import best_of_each_prompt, relaxed_value
from train.bounds.starts import even_starts, reading_error
from train.bounds.v0.discretise import Resolution, discretise
from train.bounds.v0.paths import draw_paths

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
SEARCH_SHARE = 0.4
"""The share of the time that the first search for prices may take; a second is rare, and may take half as long."""
PASSES_SHARE = 0.7
"""The share of the time after which the grids are not halved again; what is left is for paths."""
PATHS = Resolution(depths=201, complexities=20, sizes=7, required=9)
"""Where paths are looked at."""
NUM_PATHS = 4
"""Paths of luck for each start."""
MAX_PATH_EVALUATIONS = 80
"""Prices that are tried on each path."""
SEED = 0
"""Of the paths."""
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
    num_paths: int = NUM_PATHS,
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
        num_paths: paths of luck that are sampled for each start, to sharpen the bound; 0 samples none.
    """
    begun = time.monotonic()
    coarse = discretise(params, even_starts(num_starts), SEARCH, lifted=False)
    prices, evaluations = _search(coarse, SEARCH_SHARE * seconds, max_evaluations, progress)
    by_start, last_move = np.full(num_starts, np.inf), np.inf
    for resolution in _resolutions(max_halvings):
        pass_begun = time.monotonic()
        fine = discretise(params, even_starts(num_starts), resolution, lifted=True)
        here = carried(prices, coarse, fine)
        found = np.fmin(by_start, relaxed_value(fine, here) + ending(fine, here))
        # Lifts compound over an episode: where prompts differ very much in size, coarse grids say nothing at all.
        found = np.minimum(found, best_of_each_prompt(fine))
        last_move, by_start = float((by_start - found).mean()), found
        now = time.monotonic()
        if (
            abs(last_move) < GOOD_ENOUGH * abs(found.mean())
            or now - begun + COST_OF_HALVING * (now - pass_begun) > PASSES_SHARE * seconds
        ):
            break
    deviations = np.zeros(num_starts)
    left = seconds - (time.monotonic() - begun)
    # A price of money would have to hold on every path; where money costs nothing, prompts may cost what paths say.
    if left > 0 and num_paths and not prices.money.any():
        sharper, deviation = _sharpened(params, coarse, prices, left, num_paths)
        if upper_end(sharper, deviation, starts) < upper_end(by_start, deviations, starts):
            by_start, deviations = sharper, deviation
    money = float((prices.money * coarse.budget).mean())
    return Bound(
        value=upper_end(by_start, deviations, starts),
        numerical_error=reading_error(by_start, starts) + ROUNDING * money,
        last_move=last_move,
        by_start=by_start,
        standard_errors=deviations,
        prices=prices,
        evaluations=evaluations,
        seconds=time.monotonic() - begun,
    )


def _sharpened(
    params: Params, coarse: RelaxedProblem, prices: Prices, seconds: float, num_paths: int
) -> tuple[np.ndarray, np.ndarray]:
    """The bound of each start with what sampled paths show that every policy loses, and its standard error, (M,)."""
    num_starts = coarse.num_starts
    fine = discretise(params, even_starts(num_starts), PATHS, lifted=True)
    here = carried(prices, coarse, fine)
    paths = draw_paths(np.random.default_rng(SEED), params, even_starts(num_starts), fine, num_paths)
    losses = least_losses(fine, here, paths, seconds, MAX_PATH_EVALUATIONS)
    bound = relaxed_value(fine, here) - losses.mean(1)
    return bound, losses.std(1, ddof=1) / np.sqrt(num_paths)


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
