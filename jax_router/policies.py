"""Routing strategies that learn nothing, each a pure function of a batch.

Every maker here returns a policy `(key, observation, state) -> action`: one key, observations (..., N + 4) float32,
states with the same leading dimensions, and int32 actions with those dimensions.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from jax_router.env import DEFAULT, State
from jax_router.params import Params
from jax_router.rollout import Policy


def random(params: Params = DEFAULT) -> Policy:
    """Any model with equal chance. Knows how many models there are."""

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return jax.random.randint(key, observation.shape[:-1], 0, params.num_models, jnp.int32)

    return policy


def round_robin(params: Params = DEFAULT) -> Policy:
    """One model after the other. Knows how many prompts were routed in this episode."""

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return state.step_count % params.num_models

    return policy


def constant(model: int | jax.Array) -> Policy:
    """Always the model with this index. Knows nothing."""

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return jnp.full(observation.shape[:-1], model, jnp.int32)

    return policy


def cheapest_first(params: Params = DEFAULT) -> Policy:
    """Always the model with the lowest price. Knows the prices."""
    return constant(jnp.argmin(jnp.asarray(params.fleet.cost_per_call)).astype(jnp.int32))


def best_quality(params: Params = DEFAULT) -> Policy:
    """Always the model with the highest quality score. Knows the scores."""
    return constant(jnp.argmax(jnp.asarray(params.fleet.quality_score)).astype(jnp.int32))


def static_policies(params: Params, model_names: Sequence[str]) -> dict[str, Policy]:
    """Every strategy that looks at neither prompt nor queue, by name: the named ones, then each constant model.

    Raises `ValueError` where there is not one name for each of the N models.
    """
    if len(model_names) != params.num_models:
        raise ValueError(f"model_names has {len(model_names)} names; this fleet has {params.num_models} models")
    named = {
        "random": random(params),
        "round-robin": round_robin(params),
        "cheapest-first": cheapest_first(params),
        "best-quality": best_quality(params),
    }
    return named | {f"always {name}": constant(i) for i, name in enumerate(model_names)}
