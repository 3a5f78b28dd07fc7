"""Summaries of whole episodes: sums over the prompts, and the means and shares that follow from them."""

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.simulator import StepResult

LATENCY_BINS = 256
SHORTEST_LATENCY, LONGEST_LATENCY = 0.01, 100.0
"""The range of the latency bins, s."""


@struct.dataclass
class Episodes:
    """E whole episodes, each summed up."""

    reward: jax.Array  # (E,) float32, sum over the episode
    cost: jax.Array  # (E,) float32, USD, sum over the episode
    quality: jax.Array  # (E,) float32, 0 .. 1, mean over the prompts
    sla_violation_rate: jax.Array  # (E,) float32, share of the prompts
    quality_met_rate: jax.Array  # (E,) float32, share of the prompts with quality >= quality_required
    latency_counts: jax.Array  # (E, LATENCY_BINS) float32, prompts in each bin of `latency_edges`
    length: jax.Array  # (E,) int32, prompts
    model_share: jax.Array  # (E, N) float32, share of the prompts each model got


def no_prompts(num_episodes: int, num_models: int) -> Episodes:
    """The sums before the first prompt of E episodes."""
    zeros = jnp.zeros(num_episodes, jnp.float32)
    return Episodes(
        reward=zeros,
        cost=zeros,
        quality=zeros,
        sla_violation_rate=zeros,
        quality_met_rate=zeros,
        latency_counts=jnp.zeros((num_episodes, LATENCY_BINS), jnp.float32),
        length=jnp.zeros(num_episodes, jnp.int32),
        model_share=jnp.zeros((num_episodes, num_models), jnp.float32),
    )


def one_prompt(made: StepResult, action: jax.Array, num_models: int) -> Episodes:
    """Return what one prompt adds to the sums of each of E episodes; `made` and `action` (int32) lead with (E,)."""
    outcome = made.outcome
    return Episodes(
        reward=made.reward,
        cost=outcome.cost,
        quality=outcome.quality,
        sla_violation_rate=outcome.sla_violated.astype(jnp.float32),
        quality_met_rate=(outcome.quality >= outcome.quality_required).astype(jnp.float32),
        latency_counts=jax.nn.one_hot(_latency_bin(outcome.latency), LATENCY_BINS, dtype=jnp.float32),
        length=jnp.ones_like(action),
        model_share=jax.nn.one_hot(action, num_models, dtype=jnp.float32),
    )


def means_of(sums: Episodes) -> Episodes:
    """Turn sums over prompts into episodes: every mean and share is divided by the number of prompts."""
    prompts = sums.length.astype(jnp.float32)
    return replace(
        sums,
        quality=sums.quality / prompts,
        sla_violation_rate=sums.sla_violation_rate / prompts,
        quality_met_rate=sums.quality_met_rate / prompts,
        model_share=sums.model_share / prompts[:, None],
    )


def latency_edges() -> np.ndarray:
    """Return the edges of the latency bins, (LATENCY_BINS + 1,) float64, s, 3.7 % apart.

    Latencies outside of them are counted in the first or the last bin.
    """
    return np.geomspace(SHORTEST_LATENCY, LONGEST_LATENCY, LATENCY_BINS + 1)


def _latency_bin(latency: jax.Array) -> jax.Array:
    bins_per_e_fold = LATENCY_BINS / math.log(LONGEST_LATENCY / SHORTEST_LATENCY)
    # A prompt may be lost at once, and the logarithm of 0 is no place among the bins.
    position = jnp.log(jnp.maximum(latency, SHORTEST_LATENCY) / SHORTEST_LATENCY) * bins_per_e_fold
    return jnp.clip(position.astype(jnp.int32), 0, LATENCY_BINS - 1)
