"""The bound at given prices: every queue alone, solved backwards by dynamic programming.

"Each prompt goes to one model" becomes a price that whoever serves the prompt pays, and "spend no more than the
budget" a price of money. What is left is a problem for each queue of its own: to serve a prompt or not. For any prices

    reward of any policy <= sum of the mean prices + sum of the queues' values + budget * price of money + how it ends

(docs/bounds.md has the proof, and `endings.py` the last term).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from train.bounds.problem import Prices, RelaxedProblem


class Stage(NamedTuple):
    """One step of the program of every queue."""

    step: int
    kept: np.ndarray
    """(M, N, Q), the value of what comes later where the queue does not serve."""
    joined: np.ndarray
    """(M, N, S, Q), the same where it serves a prompt of each size."""
    value: np.ndarray
    """(M, N, Q), the value of this step and all later ones."""


def stages(problem: RelaxedProblem, prices: Prices) -> Iterator[Stage]:
    """The programs of all queues from the last step to the first."""
    value = np.zeros((problem.num_starts, problem.num_models, problem.wait.shape[1]))
    for step in range(problem.num_steps - 1, -1, -1):
        kept, joined, margin = before(problem, value)
        value = kept + _mean_gain(problem, step, margin, thresholds(problem, prices, step))
        yield Stage(step, kept, joined, value)


def relaxed_value(problem: RelaxedProblem, prices: Prices) -> np.ndarray:
    """The bound of each start without the term of how an episode ends, (M,)."""
    value = np.zeros(problem.num_starts)
    for stage in stages(problem, prices):
        value += prices.mean_at(stage.step, problem)
    return np.asarray(value + (stage.value @ problem.first_depths).sum(-1) + problem.budget * prices.money)


def best_of_each_prompt(problem: RelaxedProblem) -> float:
    """What no policy exceeds even if queues never grew: the best model's reward with each prompt, over an episode.

    An episode that runs dry forgoes the rewards that are left, which may be negative: those count as 0 then.
    """
    best = (problem.answer + problem.wait.max(1)[:, None]).max(0)
    if problem.can_run_dry:
        best = np.maximum(best, 0.0)
    return float(problem.num_steps * (best @ problem.kind_weights))


def before(problem: RelaxedProblem, value: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A stage's `kept` and `joined`, and what serving adds besides the answer and its price, (M, N, S, Q)."""
    kept = problem.drain(value)
    joined = problem.join(kept).reshape(*kept.shape[:2], -1, kept.shape[-1])
    return kept, joined, joined - kept[:, :, None] + problem.wait[:, None]


def thresholds(problem: RelaxedProblem, prices: Prices, step: int) -> np.ndarray:
    """What serving must add besides the answer to be worth while, (M, N, S, C)."""
    paid = prices.at(step).swapaxes(-1, -2)[:, None]
    spent = (prices.money[:, None] * problem.costs)[..., None, None]
    return np.asarray(paid + spent - problem.answer[:, None])


def _mean_gain(problem: RelaxedProblem, step: int, margin: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """E max(0, margin - threshold) over kinds and sizes, (M, N, Q)."""
    gain = np.empty_like(margin)
    # One queue at a time, so that the kinds of all its depths stay in the cache.
    for place in np.ndindex(margin.shape[:2]):
        larger = np.maximum(margin[place][..., None], threshold[place][:, None])
        gain[place] = larger @ problem.kind_weights
    gain -= (threshold @ problem.kind_weights)[..., None]
    return np.asarray(np.einsum("mnsq,ms->mnq", gain, problem.size_weights[:, step]))
