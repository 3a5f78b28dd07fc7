"""Routing problems that are small enough to be solved exactly, with a budget, early ends and negative rewards."""

import numpy as np

from train.bounds.problem import Prices, RelaxedProblem
from train.bounds.queueing import Operator

NUM_DEPTHS, NUM_KINDS, NUM_SIZES = 4, 3, 2
CENT = 0.01
"""Costs and budgets are whole numbers of it."""


def tiny_problem(rng: np.random.Generator, num_prices: int) -> RelaxedProblem:
    """Two models and 4 to 8 steps, the same for each of M starts; a longer queue is never better."""
    num_steps = int(rng.integers(4, 9))
    costs = rng.integers(0, 4, 2) * CENT
    return RelaxedProblem(
        num_steps=num_steps,
        budget=float(rng.integers(1, 2 * num_steps + 1)) * CENT,
        costs=costs,
        answer=rng.normal(rng.choice([-0.6, 0.3]), 0.6, (2, NUM_KINDS)),
        wait=-np.cumsum(rng.exponential(0.3, (2, NUM_DEPTHS)), axis=1),
        kind_weights=rng.dirichlet(np.ones(NUM_KINDS)),
        kind_nodes=(np.arange(float(NUM_KINDS)),),
        sizes=np.arange(float(NUM_SIZES)),
        size_weights=np.broadcast_to(
            rng.dirichlet(np.ones(NUM_SIZES), num_steps), (num_prices, num_steps, NUM_SIZES)
        ).copy(),
        first_depths=np.eye(NUM_DEPTHS)[0],
        drain=Operator(_moved(rng, [0, -1, -2])),
        join=Operator(np.concatenate([_moved(rng, steps) for steps in ([0, 1], [1, 2, 3])])),
    )


def random_prices(rng: np.random.Generator, problem: RelaxedProblem) -> Prices:
    """M sets of prices with a knot at every step, of any sign and several scales."""
    shape = (problem.num_starts, problem.num_steps, NUM_KINDS, NUM_SIZES)
    level = problem.answer.max(0)[:, None] + rng.normal(0, 0.5, (problem.num_starts, 1, 1, 1))
    spread = rng.choice([0.02, 0.3, 1.0], (problem.num_starts, 1, 1, 1))
    money = rng.exponential(20.0, problem.num_starts) * rng.integers(0, 2, problem.num_starts)
    return Prices(level + spread * rng.normal(size=shape), np.arange(problem.num_steps), money)


def best_reward(problem: RelaxedProblem) -> float:
    """The mean reward of an episode under the best policy, by dynamic programming over both queues and the budget."""
    cents = np.rint(problem.costs / CENT).astype(int)
    budget = round(problem.budget / CENT)
    later = np.zeros((budget + 1, NUM_DEPTHS, NUM_DEPTHS))  # by the cents that are left; none: the episode is over
    joins = problem.join.mean.reshape(NUM_SIZES, NUM_DEPTHS, NUM_DEPTHS)
    for step in range(problem.num_steps - 1, -1, -1):
        drained = problem.drain.mean @ later @ problem.drain.mean.T
        now = np.zeros_like(later)
        for left in range(1, budget + 1):
            first, second = (drained[max(0, left - cost)] for cost in cents)
            for size, likely in enumerate(problem.size_weights[0, step]):
                to_first = (problem.wait[0][:, None] + joins[size] @ first)[..., None] + problem.answer[0]
                to_second = (problem.wait[1] + second @ joins[size].T)[..., None] + problem.answer[1]
                now[left] += likely * np.maximum(to_first, to_second) @ problem.kind_weights
        later = now
    return float(problem.first_depths @ later[budget] @ problem.first_depths)


def _moved(rng: np.random.Generator, steps: list[int]) -> np.ndarray:
    """A queue that moves by a random one of the steps, whatever its depth, between empty and full: (Q, Q)."""
    depths = np.arange(NUM_DEPTHS)
    weights = rng.dirichlet(np.ones(len(steps)))
    return sum(
        w * np.eye(NUM_DEPTHS)[np.clip(depths + s, 0, NUM_DEPTHS - 1)] for w, s in zip(weights, steps, strict=True)
    )
