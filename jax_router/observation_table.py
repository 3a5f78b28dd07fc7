"""How an observation is a table with one row for each model, for networks that score all models alike."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp


class ObservationTable(NamedTuple):
    """How an observation is a table with one row for each model, and what gives its features a value."""

    features: tuple[str, ...]
    """The features in each row, in their order."""
    common: tuple[str, ...]
    """The numbers that follow the rows, in their order."""
    terms: Mapping[str, float]
    """The fields of `router_serving.shared_network.RewardTerms` for one problem."""


def without_absent(observation: jax.Array, present: jax.Array, table: ObservationTable) -> jax.Array:
    """Set the rows of models that are not `present`, (N,) bool, to 0 in observations (..., D) float32."""
    everywhere = jnp.ones(len(table.common), bool)
    mask = jnp.concatenate([jnp.repeat(present, len(table.features)), everywhere])
    return jnp.where(jnp.broadcast_to(mask, observation.shape), observation, 0.0)
