"""The models a prompt can be sent to: one model as people write it down, a fleet as arrays."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from os import PathLike

import jax
from flax import struct

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number


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
    if not isinstance(models, Iterable):
        raise ValueError(f"models is {models!r}; it must be a list of ModelConfig")
    models = tuple(models)
    if not models:
        raise ValueError("models is empty; a fleet needs at least one ModelConfig")
    for model in models:
        if not isinstance(model, ModelConfig):
            raise ValueError(f"models holds {model!r}; every entry must be a ModelConfig")
    names = [model.name for model in models]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"models holds the name {name!r} {names.count(name)} times; names must be unique")
    return models


def load_models(path: str | PathLike[str]) -> tuple[ModelConfig, ...]:
    """Read a fleet from TOML: one `[[models]]` table a model, its keys the fields of `ModelConfig`.

    Raises `FileNotFoundError` where there is no file, and `ValueError` (naming file and entry) for anything that is
    not such a fleet: broken TOML, an unknown or missing key, a value that `ModelConfig` refuses, a name twice.
    """
    with open(path, "rb") as file:
        try:
            document = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: not valid TOML: {error}") from None
    unknown = sorted(set(document) - {"models"})
    if unknown:
        raise ValueError(f"{path}: unknown key {unknown[0]!r}; a fleet file holds [[models]] tables only")
    entries = document.get("models", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path}: models is {entries!r}; write one [[models]] table for each model")
    try:
        return check_models([_model_from_table(i, entry) for i, entry in enumerate(entries, start=1)])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _model_from_table(position: int, table: dict[str, object]) -> ModelConfig:
    known = [field.name for field in fields(ModelConfig)]
    required = [field.name for field in fields(ModelConfig) if field.default is MISSING]
    where = f"[[models]] number {position}"
    for key in table:
        if key not in known:
            raise ValueError(f"{where} has the unknown key {key!r}; allowed are {', '.join(known)}")
    missing = [key for key in required if key not in table]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    try:
        return ModelConfig(**table)  # type: ignore[arg-type]  # ModelConfig checks every value
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
