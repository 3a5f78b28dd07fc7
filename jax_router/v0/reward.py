"""What a routed prompt is worth: quality, less its price, less the wait beyond the SLA."""

from dataclasses import dataclass, fields

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.arrays import constant_struct
from jax_router.internal.checks import check_number


@dataclass(frozen=True)
class RewardConfig:
    """The weights of the reward, as people write them down.

    Raises `ValueError` for a number that is negative or not finite.
    """

    cost_weight: float = 1.0
    """Reward lost per USD."""
    quality_weight: float = 0.5
    """Reward for quality 1."""
    latency_penalty: float = 2.0
    """Reward lost per second of latency beyond `sla_threshold`."""
    sla_threshold: float = 1.0
    """Latency that costs nothing, s."""
    quality_miss_penalty: float = 0.0
    """Reward lost per unit of quality below what the prompt required; 0: nothing."""

    def __post_init__(self) -> None:
        for field in fields(self):
            check_number(field.name, getattr(self, field.name), at_least=0)


@struct.dataclass
class RewardWeights:
    """`RewardConfig` as arrays, each () float32 in the units of its namesake there."""

    cost_weight: jax.Array  # reward per USD
    quality_weight: jax.Array  # reward per unit of quality
    latency_penalty: jax.Array  # reward per s
    sla_threshold: jax.Array  # s
    quality_miss_penalty: jax.Array  # reward per unit of quality

    @classmethod
    def from_config(cls, config: RewardConfig) -> "RewardWeights":
        """The same numbers as () float32 arrays."""
        return constant_struct(cls, config)


@struct.dataclass
class Outcome:
    """What became of one routed prompt."""

    cost: jax.Array  # () float32, USD
    latency: jax.Array  # () float32, s
    quality: jax.Array  # () float32, 0 .. 1
    quality_required: jax.Array  # () float32, 0 .. 1, what the prompt asked for
    sla_violated: jax.Array  # () bool, latency > sla_threshold


def reward(outcome: Outcome, weights: RewardWeights) -> jax.Array:
    """The reward of one outcome, () float32 (docs/dynamics.md, step 4)."""
    lateness = jnp.maximum(0.0, outcome.latency - weights.sla_threshold)
    quality_miss = jnp.maximum(0.0, outcome.quality_required - outcome.quality)
    return (
        -weights.cost_weight * outcome.cost
        + weights.quality_weight * outcome.quality
        - weights.latency_penalty * lateness
        - weights.quality_miss_penalty * quality_miss
    )
