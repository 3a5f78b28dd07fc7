"""LLMRouter-v0 with one more number in its observation: the quality that the waiting prompt requires."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from jax_router.v0 import SIMULATOR, Params, State, observe


def observe_with_quality_required(state: State, params: Params) -> jax.Array:
    """What a router sees, (N + 5,) float32: `jax_router.observe`, and the quality required, 0 .. 1."""
    return jnp.append(observe(state, params), state.prompt.quality_required)


WITH_QUALITY_REQUIRED = replace(SIMULATOR, observe=observe_with_quality_required)
"""The simulator whose observations have that number."""
