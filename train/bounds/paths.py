"""A sharper bound from sampled luck: on a path of it, the price of a prompt may depend on all that happens there.

The relaxation lets every queue serve by itself, at prices that cannot know how long the queues are. What a policy loses
against it is, at each prompt, what it forgoes at the queues that would serve and what it pays at the one that must:

    loss = sum_i max(0, g_i) - g_a,   g_i: what serving is worth to queue i above the price,   a: the chosen model

(docs/bounds.md). On a path whose luck is known (who arrives, how queues grow and drain), no policy loses less than the
best one that knows the path. That one is bounded from below by the same trick once more, with prices for this path.
The mean over paths is taken off the bound; `Sharpened` says how sure it is.
"""

import time
from dataclasses import dataclass

import numpy as np

from train.bounds.grids import of_both_cells
from train.bounds.problem import ROUNDING, Prices, RelaxedProblem
from train.bounds.relaxation import stages

STEP = 0.2
"""The first step of the search for a path's prices, reward."""
MOMENTUM = 0.7
"""The share of the last direction in the next one."""
SEARCH_CELLS = 50
"""Cells between nodes that a search is content with."""
MONEY_PRICES = np.geomspace(0.1, 1e4, 200)
"""Prices of money, reward per USD, that are tried to see what it costs to run dry."""


@dataclass(frozen=True)
class Paths:
    """The luck of P episodes for each of M starts, which no choice has an influence on."""

    kinds: np.ndarray
    """(T, M, P, C), how much each node of the kinds stands for the prompt."""
    sizes: np.ndarray
    """(T, M, P, S), the same of the sizes."""
    joining: np.ndarray
    """(T, M, P) requests that join with the prompt."""
    kept: np.ndarray
    """(T, M, P, N), the share of each queue that the drain leaves, above 0."""
    first_depths: np.ndarray
    """(M, P, N) requests."""


def least_losses(
    problem: RelaxedProblem, prices: Prices, paths: Paths, seconds: float, max_evaluations: int
) -> np.ndarray:
    """What no policy loses less than against the relaxed value at these prices, on each path, (M, P).

    For prices of money that are 0. A search of `seconds`, or of `max_evaluations`, makes it large; it is negative where
    an episode that runs out of money may gain.
    """
    worth, to_come = worth_of_serving(problem, prices, paths)
    spacing = float(problem.drain.spacing)
    found = np.maximum(_searched(worth, spacing, paths, seconds, max_evaluations), 0.0)
    if not problem.can_run_dry:
        return found
    # Or it runs out of money, which costs dear calls and gains what the prices to come are below 0.
    earliest = int(np.ceil(problem.budget * (1 - ROUNDING) / problem.costs.max()))
    gain = np.maximum(0.0, -to_come[:, earliest:].min(1, initial=0.0))
    return np.minimum(found, _cost_of_running_dry(problem, worth) - gain[:, None])


def _searched(worth: np.ndarray, spacing: float, paths: Paths, seconds: float, max_evaluations: int) -> np.ndarray:
    """The loss that the prices of a search on few nodes prove on all nodes, (M, P)."""
    last = worth.shape[-1] - 1
    stride = max(1, last // SEARCH_CELLS) if last % max(1, last // SEARCH_CELLS) == 0 else 1
    prices = _PathPrices(worth[..., ::stride], spacing * stride, paths).best(seconds, max_evaluations)
    return _PathPrices(worth, spacing, paths).proved(prices)


def worth_of_serving(problem: RelaxedProblem, prices: Prices, paths: Paths) -> tuple[np.ndarray, np.ndarray]:
    """What serving is worth above its price at the nodes, (T, M, P, N, Q) float32, and the prices to come, (M, T)."""
    shape = (*paths.joining.shape, problem.num_models, problem.wait.shape[1])
    worth, means = np.empty(shape, np.float32), np.empty((problem.num_starts, problem.num_steps))
    answers = paths.kinds @ problem.answer.T  # (T, M, P, N)
    for stage in stages(problem, prices):
        step = stage.step
        margin = stage.joined - stage.kept[:, :, None] + problem.wait[:, None]
        paid = np.einsum("mcs,mpc,mps->mp", prices.at(step), paths.kinds[step], paths.sizes[step], optimize=True)
        worth[step] = np.einsum("mnsq,mps->mpnq", margin, paths.sizes[step], optimize=True)
        worth[step] += (answers[step] - paid[..., None])[..., None]
        means[:, step] = prices.mean_at(step, problem)
    return worth, np.cumsum(means[:, ::-1], 1)[:, ::-1]


def _cost_of_running_dry(problem: RelaxedProblem, worth: np.ndarray) -> np.ndarray:
    """What the calls at least lose that spend the budget, (M, P), by any price of money."""
    regret = np.maximum(0.0, -worth.max(-1)).astype(np.float64)  # (T, M, P, N)
    best = np.zeros(regret.shape[1:3])
    for spared in (0.0, *np.unique(problem.costs)):
        room = problem.budget * (1 - ROUNDING) - problem.num_steps * spared
        counted = np.maximum(problem.costs - spared, 0.0)
        if room <= 0 or not counted.any():
            continue
        for price in MONEY_PRICES:
            taken = np.maximum(0.0, (price * counted - regret).max(-1)).sum(0)
            best = np.maximum(best, price * room - taken)
    return best


class _PathPrices:
    """The search for prices of each path: up where several queues would serve, down where none would."""

    def __init__(self, worth: np.ndarray, spacing: float, paths: Paths) -> None:
        """Take what serving is worth at nodes that lie `spacing` requests apart."""
        self._worth = worth
        self._last = worth.shape[-1] - 1
        self._nodes = np.arange(self._last + 1, dtype=np.float32)
        self._joining = (paths.joining / spacing).astype(np.float32)[..., None, None]
        self._kept = paths.kept.astype(np.float32)[..., None]
        self._first = paths.first_depths / spacing

    def best(self, seconds: float, max_evaluations: int) -> np.ndarray:
        """The prices of each path with the largest loss, (T, M, P); none where none has one above 0."""
        begun = time.monotonic()
        prices = 0.5 * self._between_best_and_second()
        largest, at = np.zeros(prices.shape[1:]), np.zeros_like(prices)
        direction = np.zeros_like(prices)
        for count in range(max_evaluations):
            values, surplus = self._evaluate(prices)
            better = values > largest
            largest, at = np.where(better, values, largest), np.where(better, prices, at)
            direction = MOMENTUM * direction + (1 - MOMENTUM) * surplus
            prices = prices + STEP / np.sqrt(1 + count) * direction
            if time.monotonic() - begun > seconds:
                break
        return at

    def _between_best_and_second(self) -> np.ndarray:
        """(T, M, P): at the depths that the best choice of each moment leads to, exactly one queue would serve."""
        depths = self._first.astype(np.float32)
        prices = np.empty(self._joining.shape[:3])
        for step, worth in enumerate(self._worth):
            here = _read(worth, depths[..., None])[..., 0]
            if here.shape[-1] == 1:
                prices[step] = here[..., 0]
                chosen = np.ones_like(here)
            else:
                rising = np.sort(here, -1)
                prices[step] = (rising[..., -1] + rising[..., -2]) / 2
                chosen = np.eye(here.shape[-1], dtype=np.float32)[here.argmax(-1)]
            joined = np.minimum(depths + chosen * self._joining[step, ..., 0], self._last)
            depths = joined * self._kept[step, ..., 0]
        return prices

    def _evaluate(self, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The loss at these prices, (M, P), on straight lines that may lie a little high, and its slope, (T, M, P)."""
        loss = np.zeros(self._worth.shape[1:], np.float32)
        serves = np.empty(self._worth.shape, np.bool_)
        for step in range(len(prices) - 1, -1, -1):
            worth = self._worth[step]
            not_served, served = self._moved(step)
            left = np.maximum(worth, 0) + _read(loss, not_served)
            took = np.maximum(-worth, 0) + prices[step, ..., None, None].astype(np.float32) + _read(loss, served)
            serves[step] = took < left
            loss = np.minimum(left, took)
        value = _read(loss, self._first.astype(np.float32)[..., None])[..., 0].sum(-1) - prices.sum(0)
        return value, self._surplus(serves)

    def _surplus(self, serves: np.ndarray) -> np.ndarray:
        """How many queues serve each prompt, less one, (T, M, P)."""
        depths = self._first.astype(np.float32)
        surplus = np.empty(serves.shape[:3])
        for step, serve in enumerate(serves):
            chosen = np.take_along_axis(serve, np.rint(depths).astype(np.intp)[..., None], -1)[..., 0]
            surplus[step] = chosen.sum(-1) - 1.0
            joined = np.minimum(depths + chosen * self._joining[step, ..., 0], self._last)
            depths = joined * self._kept[step, ..., 0]
        return surplus

    def _moved(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Where each node's depth goes, in spacings, (M, P, N, Q), where the queue does not serve and where it does."""
        kept = self._kept[step]
        return self._nodes * kept, np.minimum(self._nodes + self._joining[step], self._last) * kept

    def proved(self, prices: np.ndarray) -> np.ndarray:
        """The loss at these prices, (M, P) float64, on straight lines that lie under it everywhere."""
        gain = np.zeros(self._worth.shape[1:])  # less the loss: lines must lie over it
        for step in range(len(prices) - 1, -1, -1):
            worth = self._worth[step].astype(np.float64)
            kept = self._kept[step].astype(np.float64)
            joining = self._joining[step].astype(np.float64)
            not_served, served = _lifted(gain, kept, np.zeros_like(joining)), _lifted(gain, kept, joining)
            lift = _lift_at_sign(worth)
            left = not_served - np.maximum(worth, 0) + lift
            took = served - np.maximum(-worth, 0) + lift - prices[step, ..., None, None]
            gain = np.maximum(left, took)
        return np.asarray(-_read(gain, self._first[..., None])[..., 0].sum(-1) - prices.sum(0))


def _read(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values at nodes, (..., Q), read on straight lines at places in spacings, (..., R)."""
    left = np.minimum(places.astype(np.intp), values.shape[-1] - 2)
    share = places - left
    low, high = np.take_along_axis(values, left, -1), np.take_along_axis(values, left + 1, -1)
    return np.asarray(low + share * (high - low))


def _lift_at_sign(worth: np.ndarray) -> np.ndarray:
    """By how much the line between nodes lies under -max(0, g) and under -max(0, -g) where g changes its sign."""
    low, high = worth[..., :-1], worth[..., 1:]
    crosses = low * high < 0
    size = np.where(crosses, np.abs(low) + np.abs(high), 1.0)
    return of_both_cells(np.where(crosses, np.abs(low * high) / size, 0.0))


def _lifted(values: np.ndarray, kept: np.ndarray, joining: np.ndarray) -> np.ndarray:
    """Values, (..., Q), at `min(depth + joining, deepest) * kept`, at nodes, so that lines between them lie over it.

    A cell's image is no larger than a cell, so that it bends at one node of the values at most, and at the deepest.
    """
    last = values.shape[-1] - 1
    nodes = np.arange(last + 1.0)
    images = np.minimum(nodes + joining, last) * kept
    at_nodes = _read(values, images)
    bend = np.floor(images[..., 1:])
    share_of_bend = bend / kept - joining - nodes[:-1]
    truth = np.take_along_axis(values, bend.astype(np.intp), -1)
    excess = _over_line(at_nodes, truth, share_of_bend)
    at_deepest = np.broadcast_to(_read(values, last * kept), excess.shape)
    share_of_deepest = np.broadcast_to(last - joining - nodes[:-1], excess.shape)
    excess = np.maximum(excess, _over_line(at_nodes, at_deepest, share_of_deepest))
    return np.asarray(at_nodes + of_both_cells(excess))


def _over_line(at_nodes: np.ndarray, truth: np.ndarray, share: np.ndarray) -> np.ndarray:
    """How far a value within each cell, at a share of it, lies over the line, (..., Q - 1); 0 outside of the cell."""
    line = at_nodes[..., :-1] * (1 - share) + at_nodes[..., 1:] * share
    return np.where((share > 0) & (share < 1), np.maximum(truth - line, 0.0), 0.0)
