"""A routing problem as the arrays that its relaxation needs, and the prices that relax it.

Letters in shapes: M starts of an episode, T steps, N models, Q queue depths, C kinds of prompts, S sizes in which a
prompt can join a queue.
"""

from dataclasses import dataclass

import numpy as np

from train.bounds.grids import interpolation
from train.bounds.queueing import Operator

ROUNDING = 1e-4
"""The share of a budget by which a simulator in float32 may run dry too early or too late."""


@dataclass(frozen=True)
class RelaxedProblem:
    """N queues that share prompts and a budget; all arrays float64. Chance lies on nodes, in the direction of up."""

    num_steps: int
    """T, prompts of an episode."""
    budget: float
    """USD an episode."""
    costs: np.ndarray
    """(N,) USD a prompt."""
    answer: np.ndarray
    """(N, C), the mean reward of an answer to a prompt of each kind that does not wait."""
    wait: np.ndarray
    """(N, Q), what the depth of its queue adds to that; falling, 0 or less."""
    kind_weights: np.ndarray
    """(C,), how likely each kind is."""
    kind_nodes: tuple[np.ndarray, ...]
    """The kinds are the nodes of a grid, the last axis fastest: where they lie on each axis, rising."""
    sizes: np.ndarray
    """(S,) rising."""
    size_weights: np.ndarray
    """(M, T, S), how likely each size is at a step, for each start of the episode."""
    first_depths: np.ndarray
    """(Q,), how likely each depth is when an episode begins."""
    drain: Operator
    """From values (..., Q) after a prompt's join to those before the drain, (..., Q)."""
    join: Operator
    """From values (..., Q) to those before a prompt joins, (..., S times Q)."""

    @property
    def num_starts(self) -> int:
        """M."""
        return self.size_weights.shape[0]

    @property
    def num_models(self) -> int:
        """N."""
        return len(self.costs)

    @property
    def kinds_shape(self) -> tuple[int, ...]:
        """How many nodes each axis of the kinds has; the product is C."""
        return tuple(len(nodes) for nodes in self.kind_nodes)

    @property
    def can_run_dry(self) -> bool:
        """Whether some routing spends the budget before the last prompt."""
        return bool(self.num_steps * self.costs.max() >= self.budget * (1 - ROUNDING))

    @property
    def must_run_dry(self) -> bool:
        """Whether every routing spends the budget before the last prompt: no price of money would be high enough."""
        return bool(self.num_steps * self.costs.min() > self.budget * (1 - ROUNDING))


@dataclass(frozen=True)
class Prices:
    """What a prompt that is served pays at each step, by its kind and size, and what each dollar is worth.

    The price of a prompt is a straight line between knots, from step to step.
    """

    knots: np.ndarray
    """(M, K, C, S) reward, at each of the knots."""
    steps: np.ndarray
    """(K,) rising, the steps at which the knots lie, the first 0 and the last T - 1."""
    money: np.ndarray
    """(M,) reward per USD, at least 0."""

    def at(self, step: int) -> np.ndarray:
        """(M, C, S) reward, the price of a prompt at one step."""
        left, share = self.place(step)
        if share == 0:
            return np.asarray(self.knots[:, left])
        return np.asarray((1 - share) * self.knots[:, left] + share * self.knots[:, left + 1])

    def place(self, step: int) -> tuple[int, float]:
        """The knot at or before a step, and how far it is from there to the next, 0 .. 1."""
        left = int(np.searchsorted(self.steps, step, side="right")) - 1
        if left == len(self.steps) - 1:
            return left, 0.0
        return left, float((step - self.steps[left]) / (self.steps[left + 1] - self.steps[left]))

    def mean_at(self, step: int, problem: RelaxedProblem) -> np.ndarray:
        """(M,) reward, what the prompt of one step pays on average."""
        by_size = np.einsum("mcs,c->ms", self.at(step), problem.kind_weights)
        return np.asarray(np.einsum("ms,ms->m", by_size, problem.size_weights[:, step]))


def carried(prices: Prices, source: RelaxedProblem, target: RelaxedProblem) -> Prices:
    """The same prices on the nodes of another resolution, and straight lines between those."""
    by_kind = np.ones((1, 1))
    for old, new in zip(source.kind_nodes, target.kind_nodes, strict=True):
        by_kind = np.kron(by_kind, interpolation(old, new))
    by_size = interpolation(source.sizes, target.sizes)
    knots = np.einsum("mkcs,dc,ts->mkdt", prices.knots, by_kind, by_size, optimize=True)
    return Prices(knots, prices.steps, prices.money)
