"""The models a prompt can be sent to: one model as people write it down, a fleet as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from os import PathLike

import jax
from flax import struct

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number
from jax_router.internal.fleets import check_fleet, read_fleet


@dataclass(frozen=True)
class ModelConfig:
    """One model of a fleet.

    Raises `ValueError` for an empty name, a number that is negative or not finite, or a quality outside 0 .. 1.
    """

    name: str
    """What the model is called; unique within a fleet."""
    cost_per_call: float
    """USD a prompt, at least 0."""
    latency_mean: float
    """Mean answer time with an empty queue, s, at least 0."""
    latency_std: float
    """Standard deviation of that time, s, at least 0."""
    quality_score: float
    """Mean quality over the default traffic, 0 .. 1."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"name is {self.name!r}; it must be a non-empty string")
        for field in ("cost_per_call", "latency_mean", "latency_std"):
            check_number(f"{field} of {self.name!r}", getattr(self, field), at_least=0)
        check_number(f"quality_score of {self.name!r}", self.quality_score, at_least=0, at_most=1)


DEFAULT_MODELS = (
    ModelConfig("tier1_large", 0.030, 2.0, 0.5, 0.95),
    ModelConfig("tier1_small", 0.003, 0.5, 0.1, 0.82),
    ModelConfig("tier2_large", 0.015, 1.5, 0.4, 0.90),
    ModelConfig("tier2_small", 0.001, 0.3, 0.08, 0.75),
    ModelConfig("open_source", 0.0005, 0.8, 0.3, 0.70),
)
"""The five preset models, from the dearest and best to the cheapest."""


@struct.dataclass
class Fleet:
    """N models as arrays; the index of a model is the action that routes to it."""

    cost_per_call: jax.Array  # (N,) float32, USD a prompt
    latency_mean: jax.Array  # (N,) float32, s, with an empty queue
    latency_std: jax.Array  # (N,) float32, s
    quality_score: jax.Array  # (N,) float32, 0 .. 1

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.cost_per_call.shape[-1]

    @classmethod
    def from_models(cls, models: Sequence[ModelConfig]) -> "Fleet":
        """Stack models in their order.

        Raises `ValueError` where there is no model, something that is not a `ModelConfig`, or a name twice.
        """
        models = check_models(models)
        columns = [field.name for field in fields(ModelConfig) if field.name != "name"]
        return cls(**{c: constant([getattr(m, c) for m in models]) for c in columns})


def check_models(models: Sequence[ModelConfig]) -> tuple[ModelConfig, ...]:
    """Return the models as a tuple, or raise `ValueError`: a fleet has at least one model and every name once."""
    return check_fleet(models, ModelConfig)


def load_models(path: str | PathLike[str]) -> tuple[ModelConfig, ...]:
    """Read a fleet from TOML: one `[[models]]` table a model, its keys the fields of `ModelConfig`.

    Raises `FileNotFoundError` where there is no file, and `ValueError` (naming file and entry) for anything that is
    not such a fleet: broken TOML, an unknown or missing key, a value that `ModelConfig` refuses, a name twice.
    """
    return read_fleet(path, ModelConfig, check_models)
