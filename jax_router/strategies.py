"""Routing strategies for any simulator, each a pure function of a batch: they look at neither prompt nor models.

Every maker here returns a policy `(key, observation, state) -> action`: one key, observations (..., D) float32,
states with the same leading dimensions, and int32 actions with those dimensions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from jax_router.policy import Policy
from jax_router.simulator import AnyParams


def random(params: AnyParams) -> Policy:
    """Any model with equal chance. Knows how many models there are."""

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return jax.random.randint(key, observation.shape[:-1], 0, params.num_models, jnp.int32)

    return policy


def round_robin(params: AnyParams) -> Policy:
    """One model after the other. Knows how many prompts were routed in this episode."""

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return state.step_count % params.num_models

    return policy


def constant(model: int | jax.Array) -> Policy:
    """Always the model with this index. Knows nothing."""

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return jnp.full(observation.shape[:-1], model, jnp.int32)

    return policy


def mixture(shares: jax.Array) -> Policy:
    """Each model with its own fixed chance, (N,) float32 that sum to 1, whatever the prompt and the models.

    Knows nothing but the shares; the best ones are found by `jax_router.tuning.best_mixture`.
    """
    upper = jnp.cumsum(shares)[:-1]

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        uniform = jax.random.uniform(key, observation.shape[:-1], jnp.float32)
        return (uniform[..., None] >= jnp.broadcast_to(upper, (*uniform.shape, *upper.shape))).sum(-1, dtype=jnp.int32)

    return policy
