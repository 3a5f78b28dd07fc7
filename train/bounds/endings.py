"""How an episode ends, as a term of the bound: the last call may exceed the budget, and a policy may stop early.

Overshoot: a call that exceeds the budget is either charged at the price of money, or left out of the accounts; the
bound may take what is less, for each model that could be the last.

Early end: a policy that is out of money pays no further price. Where prices are mostly negative, that is a gain. To be
out of money it must call dear models, and a call that is not worth its price loses at least what it falls short.
"""

import numpy as np
from scipy.ndimage import minimum_filter

from train.bounds.problem import ROUNDING, Prices, RelaxedProblem

ROOM_NODES = 33
"""Nodes for the money that is left before an episode runs dry."""
BLOCK = 3
"""Nodes of kinds and of sizes, each way, that an early end does not tell apart."""


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
    gain = np.maximum(-to_come, 0.0)
    gain[:, :earliest] = 0.0
    most = np.maximum.accumulate(gain[:, ::-1], -1)[:, ::-1]  # (M, T), by ending at a step or later
    if not most.any():
        return most[:, 0]
    spared = [cost for cost in (0.0, *np.unique(problem.costs)) if _room(problem, cost) > 0]
    return np.min([most[:, 0], *(_less_regret(problem, prices, most, cost) for cost in spared)], axis=0)


def _room(problem: RelaxedProblem, spared: float) -> float:
    """What an episode can spend, USD, besides `spared` for each prompt, before it runs dry."""
    return problem.budget * (1 - ROUNDING) - problem.num_steps * spared


def _less_regret(problem: RelaxedProblem, prices: Prices, most: np.ndarray, spared: float) -> np.ndarray:
    """The most that an early end can gain after the regrets of the calls that it takes, (M,).

    Of a call's cost, only what is over `spared` USD counts. The gain is a convex function of the room that is left:
    straight lines between nodes lie over it, and so does the first of them where there is no room.
    """
    room = np.linspace(0, _room(problem, spared), ROOM_NODES)
    counted = np.maximum(problem.costs - spared, 0.0)
    best = problem.answer + problem.wait[:, :1]  # (N, C)
    gain = np.zeros((problem.num_starts, ROOM_NODES))
    for step in range(problem.num_steps - 1, -1, -1):
        short = np.maximum(prices.at(step)[:, None] - best[:, :, None], 0.0)  # (M, N, C, S), the regret at the nodes
        regret, weights = _in_blocks(short, problem, step)
        more = np.stack([_after(gain, room, cost) for cost in counted], -2) - gain[:, None]  # (M, N, R)
        called = np.maximum(more[..., None] - regret[:, :, None], 0.0).max(1)  # (M, R, blocks)
        gain = gain + np.einsum("mrb,mb->mr", called, weights)
        gain[:, 0] = np.maximum(gain[:, 0], most[:, step])
    return gain[:, -1]


def _after(gain: np.ndarray, room: np.ndarray, cost: float) -> np.ndarray:
    """The gain, (M, R), where `cost` USD less room is left, on straight lines; the first goes on below 0."""
    place = (room - cost) / room[1]
    left = np.clip(np.floor(place).astype(int), 0, len(room) - 2)
    return np.asarray(gain[:, left] + (gain[:, left + 1] - gain[:, left]) * (place - left))


def _in_blocks(short: np.ndarray, problem: RelaxedProblem, step: int) -> tuple[np.ndarray, np.ndarray]:
    """The least regret in blocks of prompts, (M, N, B), and how likely each block is, (M, B).

    Prompts lie in cells between nodes, and the least regret of a cell is at a corner: every node takes the least of
    the cells around it.
    """
    shape = (*short.shape[:2], *problem.kinds_shape, short.shape[-1])
    least = minimum_filter(short.reshape(shape), size=(1, 1, *[3] * (len(shape) - 2)), mode="nearest")
    weights = np.multiply.outer(problem.size_weights[:, step], problem.kind_weights.reshape(problem.kinds_shape))
    weights = np.moveaxis(weights, 1, -1)  # (M, kinds, S)
    for axis in (0, -1):
        firsts = np.arange(0, (*problem.kinds_shape, short.shape[-1])[axis], BLOCK)
        least = np.minimum.reduceat(least, firsts, 2 if axis == 0 else axis)
        weights = np.add.reduceat(weights, firsts, 1 if axis == 0 else axis)
    return least.reshape(*short.shape[:2], -1), weights.reshape(len(short), -1)
