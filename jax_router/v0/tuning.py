"""The rule of this environment with numbers to choose, and the search that chooses them."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.policy import Policy
from jax_router.tuning import Tuned, try_out
from jax_router.v0.params import Params
from jax_router.v0.strategies import two_threshold

TUNED_RULE = "two thresholds, tuned"
"""The name of the tuned rule."""


def tuned_rules(key: jax.Array, params: Params, num_episodes: int) -> dict[str, Policy]:
    """The two-threshold rule, tuned on `num_episodes` episodes for each candidate, by its name."""
    complexity, queue, better, cheaper = best_two_threshold(key, params, num_episodes).best.tolist()
    return {TUNED_RULE: two_threshold(complexity, queue, int(better), int(cheaper))}


def best_two_threshold(key: jax.Array, params: Params, num_episodes: int = 32) -> Tuned:
    """Grid search of the two-threshold rule; candidates are (C, 4): complexity, queue, better, cheaper.

    Every pair of models in which one is both dearer and better is tried with complexities from 0 to 0.6 and queues
    from 2 requests to the deepest. A fleet without such a pair has one candidate: its best model for every prompt.

    Args:
        key: a JAX random key; the episodes of the search follow from it.
        params: the routing problem.
        num_episodes: that each candidate runs through.
    """
    cost, score = np.asarray(params.fleet.cost_per_call), np.asarray(params.fleet.quality_score)
    models = range(params.num_models)
    pairs = [(i, j) for i in models for j in models if cost[i] > cost[j] and score[i] > score[j]]
    if not pairs:
        best = int(np.argmax(score))
        pairs = [(best, best)]
    deepest = float(params.congestion.max_queue_depth)
    queues = deepest * np.array([0.04, 0.1, 0.16, 0.22, 0.28, 0.36, 0.5, 0.7, 1.01])
    grid = [(c, q, *pair) for pair in pairs for c in np.arange(0, 0.61, 0.1) for q in queues]

    def rule(numbers: jax.Array) -> Policy:
        better, cheaper = numbers[2].astype(jnp.int32), numbers[3].astype(jnp.int32)
        return two_threshold(numbers[0], numbers[1], better, cheaper)

    return try_out(key, params, np.array(grid, np.float32), rule, num_episodes)
