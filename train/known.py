"""Every strategy that does not learn: what trained policies are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jax_router import Params, policies
from jax_router.memory import Policy as Strategy
from jax_router.tuning import Tuned, best_mixture, best_two_threshold

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
    strategies = policies.static_policies(params, model_names) | policies.queue_aware_policies(params)
    if not tuning_episodes:
        return KnownStrategies(strategies, None)
    mixtures = best_mixture(key, params, tuning_episodes)
    strategies[TUNED_MIXTURE] = policies.mixture(jnp.asarray(mixtures.best))
    complexity, queue, better, cheaper = best_two_threshold(key, params, tuning_episodes).best.tolist()
    strategies[TUNED_RULE] = policies.two_threshold(complexity, queue, int(better), int(cheaper))
    return KnownStrategies(strategies, mixtures)
