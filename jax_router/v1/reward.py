"""What a routed prompt is worth: quality, less its price, its wait beyond the SLA, a refusal and a loss."""

from dataclasses import dataclass, fields

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.arrays import constant_struct
from jax_router.internal.checks import check_number

ACCEPTED, OUTAGE, REQUEST_LIMIT, TOKEN_LIMIT = range(4)
REFUSALS = ("accepted", "outage", "request limit", "token limit")
"""Why a model refused, by the number in an outcome."""


@dataclass(frozen=True)
class RewardConfig:
    """The weights of the reward, as people write them down.

    Raises `ValueError` for a number that is negative or not finite, or an SLA of 0.
    """

    cost_weight: float = 10.0
    """Reward lost per USD; at 10 a good answer is worth ten cents."""
    quality_weight: float = 1.0
    """Reward for quality 1."""
    ttft_penalty: float = 0.2
    """Reward lost per second of time to first token beyond `ttft_sla`."""
    ttft_sla: float = 1.0
    """Time to first token that costs nothing, s, above 0."""
    latency_penalty: float = 0.1
    """Reward lost per second of latency beyond `latency_sla`."""
    latency_sla: float = 10.0
    """Latency that costs nothing, s, above 0."""
    loss_penalty: float = 1.0
    """Reward lost with a prompt that nobody answers."""
    refusal_penalty: float = 0.05
    """Reward lost where the chosen model refuses."""

    def __post_init__(self) -> None:
        for field in fields(self):
            check_number(field.name, getattr(self, field.name), at_least=0)
        for name in ("ttft_sla", "latency_sla"):
            check_number(name, getattr(self, name), above=0)


@struct.dataclass
class RewardWeights:
    """`RewardConfig` as arrays, each () float32 in the units of its namesake there."""

    cost_weight: jax.Array  # reward per USD
    quality_weight: jax.Array  # reward per unit of quality
    ttft_penalty: jax.Array  # reward per s
    ttft_sla: jax.Array  # s
    latency_penalty: jax.Array  # reward per s
    latency_sla: jax.Array  # s
    loss_penalty: jax.Array  # reward
    refusal_penalty: jax.Array  # reward

    @classmethod
    def from_config(cls, config: RewardConfig) -> "RewardWeights":
        """The same numbers as () float32 arrays."""
        return constant_struct(cls, config)


@struct.dataclass
class Outcome:
    """What became of one routed prompt."""

    cost: jax.Array  # () float32, USD
    ttft: jax.Array  # () float32, s to the first token; until it was lost, of a lost prompt
    latency: jax.Array  # () float32, s to the last token; until it was lost, of a lost prompt
    quality: jax.Array  # () float32, 0 .. 1, probability that the answer is good; 0 of a lost prompt
    quality_required: jax.Array  # () float32, 0 .. 1, the coin: the answer is good where its quality is above
    good: jax.Array  # () bool
    sla_violated: jax.Array  # () bool: lost, or ttft > ttft_sla, or latency > latency_sla
    refused: jax.Array  # () bool, by the model that was chosen
    refusal: jax.Array  # () int32, why: an index of REFUSALS
    lost: jax.Array  # () bool: refused twice, or the user gave up
    served_by: jax.Array  # () int32, the model that answered; N of a lost prompt


def waiting_penalty(ttft: jax.Array, latency: jax.Array, weights: RewardWeights) -> jax.Array:
    """What an answer loses by its time to first token and its latency, s, any shapes that broadcast, float32."""
    late_start = jnp.maximum(0.0, ttft - weights.ttft_sla)
    late_end = jnp.maximum(0.0, latency - weights.latency_sla)
    return weights.ttft_penalty * late_start + weights.latency_penalty * late_end


def reward(outcome: Outcome, weights: RewardWeights) -> jax.Array:
    """The reward of one outcome, () float32 (docs/dynamics-v1.md, step 4)."""
    waited = waiting_penalty(outcome.ttft, outcome.latency, weights)
    return (
        weights.quality_weight * outcome.quality
        - weights.cost_weight * outcome.cost
        - jnp.where(outcome.lost, weights.loss_penalty, waited)
        - weights.refusal_penalty * outcome.refused.astype(jnp.float32)
    )
