"""The bound and its slope in the prices: who would serve, less the one who must.

The slope of the bound in the price of a prompt is how likely such a prompt comes times one less the number of queues
that would serve it; in the price of money, it is the budget less what the queues would spend. Both follow from walking
forward through the decisions of the backward program. For problems without lifts (the lifts move the slope by little).
"""

import numpy as np

from train.bounds.problem import Prices, RelaxedProblem
from train.bounds.relaxation import before, thresholds


def value_and_slope(problem: RelaxedProblem, prices: Prices) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bound of each start without how it ends, (M,), and its slope in the knots, (M, K, C, S), and money, (M,)."""
    value, decisions = _backward(problem, prices)
    by_knot, by_money = _forward(problem, prices, decisions)
    return value, by_knot, by_money


def _backward(problem: RelaxedProblem, prices: Prices) -> tuple[np.ndarray, list[np.ndarray]]:
    """The bound, and for each step whether to serve, (M, N, S, Q, C), one bit each."""
    later = np.zeros((problem.num_starts, problem.num_models, problem.wait.shape[1]))
    total = problem.budget * prices.money
    decisions = []
    for step in range(problem.num_steps - 1, -1, -1):
        kept, _, margin = before(problem, later)
        excess = margin[..., None] - thresholds(problem, prices, step)[..., None, :]
        decisions.append(np.packbits(excess > 0))
        gain = np.maximum(excess, 0.0, out=excess) @ problem.kind_weights
        later = kept + np.einsum("mnsq,ms->mnq", gain, problem.size_weights[:, step])
        total = total + prices.mean_at(step, problem)
    return total + (later @ problem.first_depths).sum(-1), decisions[::-1]


def _forward(problem: RelaxedProblem, prices: Prices, decisions: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    num_starts, num_models = problem.num_starts, problem.num_models
    num_sizes, num_depths = problem.size_weights.shape[-1], problem.wait.shape[1]
    shape = (num_starts, num_models, num_sizes, num_depths, len(problem.kind_weights))
    depths = np.broadcast_to(problem.first_depths, (num_starts, num_models, num_depths))
    by_knot, spent = np.zeros_like(prices.knots), np.zeros(num_starts)
    for step, packed in enumerate(decisions):
        served = np.unpackbits(packed, count=int(np.prod(shape))).reshape(shape).astype(np.float64)
        by_size = problem.size_weights[:, step]
        joining = depths[:, :, None] * (served @ problem.kind_weights) * by_size[:, None, :, None]
        num_served = (depths[:, :, None, None] @ served)[..., 0, :].sum(1).swapaxes(-1, -2)  # (M, C, S)
        slope = problem.kind_weights[:, None] * by_size[:, None] * (1 - num_served)
        left, share = prices.place(step)
        by_knot[:, left] += (1 - share) * slope
        if share:
            by_knot[:, left + 1] += share * slope
        spent += joining.sum((2, 3)) @ problem.costs
        moved = joining.reshape(num_starts, num_models, -1) @ problem.join.mean
        depths = (depths - joining.sum(2) + moved) @ problem.drain.mean
    return by_knot, problem.budget - spent
