"""The rule of this environment with numbers to choose, and the search that chooses them."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.policy import Policy
from jax_router.tuning import BLOCK, Tuned, attempts
from jax_router.v0.params import Params
from jax_router.v0.strategies import two_threshold

TUNED_RULE = "two thresholds, tuned"
"""The name of the tuned rule."""


def tuned_rules(key: jax.Array, params: Params, num_episodes: int) -> dict[str, Policy]:
    """The two-threshold rule, tuned on `num_episodes` episodes for each candidate, by its name."""
    complexity, queue, better, cheaper = best_two_threshold(key, params, num_episodes).best.tolist()
    return {TUNED_RULE: two_threshold(complexity, queue, int(better), int(cheaper))}


def rule_at(params: Params, numbers: jax.Array) -> Policy:
    """The rule with these numbers, (4,) float32: complexity, queue, better, cheaper."""
    better, cheaper = numbers[2].astype(jnp.int32), numbers[3].astype(jnp.int32)
    return two_threshold(numbers[0], numbers[1], better, cheaper)


def best_two_threshold(key: jax.Array, params: Params, num_episodes: int = 32) -> Tuned:
    """Grid search of the two-threshold rule; candidates are (C, 4): complexity, queue, better, cheaper.

    Every ordered pair of models is tried with complexities from 0 to 0.6 and queues from 2 requests to the deepest; of
    models that differ in nothing, one order is enough. A fleet of one model has that model alone.

    Args:
        key: a JAX random key; the episodes of the search follow from it.
        params: the routing problem.
        num_episodes: that each candidate runs through.
    """
    columns = np.array([np.asarray(column) for column in vars(params.fleet).values()])
    models = range(params.num_models)
    # Models that are alike still have a queue each, so that it takes both to be as good as can be.
    pairs = [(i, j) for i in models for j in models if i < j or (columns[:, i] != columns[:, j]).any()] or [(0, 0)]
    deepest = float(params.congestion.max_queue_depth)
    queues = deepest * np.array([0.04, 0.1, 0.16, 0.22, 0.28, 0.36, 0.5, 0.7, 1.01])
    grid = [(c, q, *pair) for pair in pairs for c in np.arange(0, 0.61, 0.1) for q in queues]
    attempt = attempts(key, params, lambda numbers: rule_at(params, numbers), num_episodes, (BLOCK, len(grid[0])))
    return attempt(np.array(grid, np.float32))
