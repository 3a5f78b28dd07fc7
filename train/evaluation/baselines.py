"""Every strategy that does not learn: what trained policies are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jax_router import Params
from jax_router.policy import Policy as Strategy
from jax_router.v0 import strategies
from jax_router.v0.tuning import Tuned, best_mixture, best_two_threshold

TUNED_MIXTURE = "best mixture, tuned"
TUNED_RULE = "two thresholds, tuned"
TUNED_NAMES = (TUNED_MIXTURE, TUNED_RULE)


@dataclass(frozen=True)
class KnownStrategies:
    """The strategies by name, and the mixtures that were tried to find the best one (None where none were)."""

    strategies: dict[str, Strategy]
    mixtures: Tuned | None


def known_strategies(
    key: jax.Array, params: Params, model_names: Sequence[str], tuning_episodes: int
) -> KnownStrategies:
    """Static, aware of queues, and tuned.

    Args:
        key: a JAX random key, of the episodes that the tuned ones are tuned on.
        params: the routing problem.
        model_names: of its N models.
        tuning_episodes: for each candidate of the tuned strategies; 0 leaves those out.
    """
    named = strategies.static_policies(params, model_names) | strategies.queue_aware_policies(params)
    if not tuning_episodes:
        return KnownStrategies(named, None)
    mixtures = best_mixture(key, params, tuning_episodes)
    named[TUNED_MIXTURE] = strategies.mixture(jnp.asarray(mixtures.best))
    complexity, queue, better, cheaper = best_two_threshold(key, params, tuning_episodes).best.tolist()
    named[TUNED_RULE] = strategies.two_threshold(complexity, queue, int(better), int(cheaper))
    return KnownStrategies(named, mixtures)
