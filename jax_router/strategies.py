"""Routing strategies for any simulator, each a pure function of a batch; they look at neither prompts nor models.

Every function here returns a policy `(key, observation, state) -> action`, which takes one key, observations (..., D)
float32 and states with the same leading dimensions, and returns int32 actions (...).
"""

from typing import Any

import jax
import jax.numpy as jnp

from jax_router.internal.arrays import is_traced
from jax_router.internal.checks import check_numbers, check_whole_number
from jax_router.internal.threefry import random_integers, uniform
from jax_router.policy import Policy
from jax_router.simulator import AnyParams

SHARES_TOLERANCE = 1e-4
"""How far the sum of shares may be from 1, because shares are float32."""


def random(params: AnyParams) -> Policy:
    """Pick every model with equal probability."""

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return random_integers(key, observation.shape[:-1], params.num_models)

    return policy


def round_robin(params: AnyParams) -> Policy:
    """Pick one model after the other, by the number of prompts routed in this episode."""

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return state.step_count % params.num_models

    return policy


def constant(model: int | jax.Array) -> Policy:
    """Always pick the model with this index. Raises `ValueError` for anything that is no index."""
    if not is_traced(model):
        model = check_whole_number("model", model, at_least=0)

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        return jnp.full(observation.shape[:-1], model, jnp.int32)

    return policy


def mixture(shares: jax.Array) -> Policy:
    """Pick each model with its own fixed probability, (N,) float32 that sum to 1, whatever the prompt and the queues.

    `jax_router.tuning.best_mixture` finds the best shares. Raises `ValueError` for shares below 0, or shares that do
    not sum to 1.
    """
    if not is_traced(shares):
        total = check_numbers("shares", shares, at_least=0).sum()
        if abs(total - 1) > SHARES_TOLERANCE:
            raise ValueError(f"shares sum to {total:.6g}; they must sum to 1")
    upper = jnp.cumsum(shares)[:-1]

    def policy(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
        chance = uniform(key, observation.shape[:-1])
        return (chance[..., None] >= jnp.broadcast_to(upper, (*chance.shape, *upper.shape))).sum(-1, dtype=jnp.int32)

    return policy
