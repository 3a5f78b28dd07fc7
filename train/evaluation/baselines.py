"""Every strategy that does not learn: what trained policies are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jax_router import versions
from jax_router.internal.checks import check_whole_number
from jax_router.policy import AnyPolicy
from jax_router.simulator import AnyParams
from jax_router.strategies import mixture
from jax_router.tuning import Tuned, best_mixture
from train.bounds.index_policy import index_strategies

TUNED_MIXTURE = "best mixture, tuned"
"""The name of the best mixture of the models that a search found."""


@dataclass(frozen=True)
class KnownStrategies:
    """The strategies by name, and the mixtures that were tried to find the best one (None where none were)."""

    strategies: dict[str, AnyPolicy]
    mixtures: Tuned | None


def known_strategies(
    key: jax.Array, params: AnyParams, model_names: Sequence[str], tuning_episodes: int
) -> KnownStrategies:
    """Return the static, the queue-aware and the tuned strategies of the environment that `params` belong to.

    Where an index policy of the environment is known, it is among them; its prices take some seconds.

    Args:
        key: a JAX random key for the episodes that strategies are tuned on.
        params: the routing problem.
        model_names: the names of its N models.
        tuning_episodes: the number of episodes that each candidate of the tuned strategies runs through; 0 leaves these
            strategies out.

    Raises:
        ValueError: a number of episodes that is not a whole number of at least 0.
    """
    tuning_episodes = check_whole_number("tuning_episodes", tuning_episodes, at_least=0)
    version = versions.of(params)
    named: dict[str, AnyPolicy] = {}
    named |= version.strategies.static_strategies(params, model_names)
    named |= version.strategies.queue_aware_strategies(params)
    named |= index_strategies(params)
    if not tuning_episodes:
        return KnownStrategies(named, None)
    mixtures = best_mixture(key, params, tuning_episodes)
    named[TUNED_MIXTURE] = mixture(jnp.asarray(mixtures.best))
    named |= version.tuning.tuned_rules(key, params, tuning_episodes)
    return KnownStrategies(named, mixtures)
