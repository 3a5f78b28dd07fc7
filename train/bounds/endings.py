"""How an episode ends, as a term of the bound: the last call may exceed the budget, and a policy may stop early.

Overshoot: a call that exceeds the budget is either charged at the price of money, or left out of the accounts; the
bound may take what is less, for each model that could be the last.

Early end: a policy that is out of money pays no further price. Where prices are mostly negative, that is a gain. To be
out of money it must call dear models, and a call that is not worth its price loses at least what it falls short.
"""

import numpy as np
from scipy.ndimage import maximum_filter

from train.bounds.problem import ROUNDING, Prices, RelaxedProblem


def ending(problem: RelaxedProblem, prices: Prices) -> np.ndarray:
    """What must be added to the relaxed value of each start, (M,), at least 0; nothing where no budget can end."""
    if not problem.can_run_dry:
        return np.zeros(problem.num_starts)
    worth = _worth_at_best(problem, prices)
    return _overshoot(problem, prices, worth) + _early_end(problem, prices)


def _overshoot(problem: RelaxedProblem, prices: Prices, worth: np.ndarray) -> np.ndarray:
    charged = prices.money[:, None] * problem.costs
    return np.asarray(np.minimum(charged, np.maximum(worth, 0.0)).max(-1))


def _worth_at_best(problem: RelaxedProblem, prices: Prices) -> np.ndarray:
    """The most that a call can earn above its price, with an empty queue, over all steps and prompts, (M, N)."""
    # Prices are straight lines between knots, so that their extremes lie there.
    cheapest = prices.knots.min((1, 3))  # (M, C)
    best = problem.answer + problem.wait[:, :1]
    return np.asarray((best - cheapest[:, None]).max(-1))


def _early_end(problem: RelaxedProblem, prices: Prices) -> np.ndarray:
    means = np.stack([prices.mean_at(step, problem) for step in range(problem.num_steps)], -1)
    to_come = np.cumsum(means[:, ::-1], -1)[:, ::-1]  # (M, T), from each step on
    earliest = int(np.ceil(problem.budget * (1 - ROUNDING) / problem.costs.max()))
    most = np.maximum(-to_come[:, earliest:], 0.0).max(-1, initial=0.0)  # (M,), for an end at any step
    if not most.any():
        return most
    return np.min([most, *(_less_regret(problem, prices, most, spared) for spared in (0.0, *problem.costs))], axis=0)


def _less_regret(problem: RelaxedProblem, prices: Prices, most: np.ndarray, spared: float) -> np.ndarray:
    """The most that an early end can gain after the regrets of the calls that it takes, (M,).

    Of a call's cost, what is over `spared` USD counts. The counted costs of an episode that runs dry reach `room`, so
    that its gain, at most `most`, is at most `most` times their sum over `room`: a share for each call.
    """
    room = problem.budget * (1 - ROUNDING) - problem.num_steps * spared
    if room <= 0:
        return most
    share = np.maximum(problem.costs - spared, 0.0) / room  # (N,)
    best = problem.answer + problem.wait[:, :1]  # (N, C)
    total = np.zeros(problem.num_starts)
    for step in range(problem.num_steps):
        short = np.maximum(prices.at(step)[:, None] - best[:, :, None], 0.0)  # (M, N, C, S), regret at the nodes
        gain = (most[:, None, None, None] * share[:, None, None] - short).max(1)  # (M, C, S)
        total += _mean_of_cell_maxima(np.maximum(gain, 0.0), problem, step)
    return total


def _mean_of_cell_maxima(gain: np.ndarray, problem: RelaxedProblem, step: int) -> np.ndarray:
    """A mean, (M,), of no less than a function that is largest at a corner of each cell, (M, C, S) at the nodes."""
    shape = (len(gain), *problem.kinds_shape, gain.shape[-1])
    # Every node takes the largest value of the cells around it.
    widened = maximum_filter(gain.reshape(shape), size=(1, *[3] * (len(shape) - 1)), mode="nearest").reshape(gain.shape)
    return np.asarray(np.einsum("mcs,c,ms->m", widened, problem.kind_weights, problem.size_weights[:, step]))
