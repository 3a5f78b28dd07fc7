"""The models a prompt can be sent to: one model with its endpoint as people write it down, a fleet as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import jax
import numpy as np
from flax import struct

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number
from jax_router.internal.fleets import check_fleet, read_fleet

UNLIMITED = 1e9
"""Requests, or tokens, a minute: what an endpoint without a rate limit has for one."""


@dataclass(frozen=True)
class ModelConfig:
    """One model of a fleet and the endpoint that serves it.

    Raises `ValueError` for an empty name, and for a number that is not finite or outside of what its field allows.
    """

    name: str
    """What the model is called; unique within a fleet."""
    price_in: float
    """USD per 10^6 prompt tokens, at least 0."""
    price_out: float
    """USD per 10^6 answer tokens, at least 0."""
    quality_score: float
    """Probability that an answer is good, mean over the traffic, 0 .. 1."""
    step_time: float
    """One decoding iteration of a sequence that is alone, s, above 0."""
    prefill_rate: float
    """Prompt tokens/s, above 0."""
    step_time_per_sequence: float = 0.0
    """How much longer an iteration takes for every sequence that decodes, s, at least 0."""
    slots: float = 1000.0
    """Sequences at once, at least 1."""
    chunk: float = 2048.0
    """Prompt tokens that one iteration takes at most, at least 1."""
    overhead: float = 0.0
    """Network and gateway, s on every answer, at least 0."""
    jitter: float = 0.0
    """Standard deviation of the logarithm of the overhead, 0 .. 3."""
    rpm: float | None = None
    """Rate limit, requests a minute, at least 1; None: none."""
    tpm: float | None = None
    """Rate limit, tokens of prompts and answers a minute, at least 1; None: none."""
    mtbf: float | None = None
    """Mean time between outages, s, above 0; None: there are none."""
    mttr: float = 60.0
    """Mean length of an outage, s, above 0."""
    cached_price: float = 1.0
    """Price of prompt tokens that are in the prefix cache, as a share of `price_in`, 0 .. 1."""
    fallback: str | None = None
    """Name of the model that gets what this one refuses; None: the one whose mean prompt is the cheapest."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"name is {self.name!r}; it must be a non-empty string")
        for field in ("price_in", "price_out", "step_time_per_sequence", "overhead"):
            check_number(f"{field} of {self.name!r}", getattr(self, field), at_least=0)
        for field in ("step_time", "prefill_rate", "mttr"):
            check_number(f"{field} of {self.name!r}", getattr(self, field), above=0)
        for field in ("slots", "chunk"):
            check_number(f"{field} of {self.name!r}", getattr(self, field), at_least=1)
        for field in ("quality_score", "cached_price"):
            check_number(f"{field} of {self.name!r}", getattr(self, field), at_least=0, at_most=1)
        check_number(f"jitter of {self.name!r}", self.jitter, at_least=0, at_most=3)
        for field in ("rpm", "tpm"):
            if getattr(self, field) is not None:
                check_number(f"{field} of {self.name!r}", getattr(self, field), at_least=1, at_most=UNLIMITED)
        if self.mtbf is not None:
            check_number(f"mtbf of {self.name!r}", self.mtbf, above=0)
        if self.fallback is not None and not isinstance(self.fallback, str):
            raise ValueError(f"fallback of {self.name!r} is {self.fallback!r}; it must be the name of a model")


DEFAULT_MODELS = (
    ModelConfig(
        name="frontier-api",
        price_in=3.00,
        price_out=15.00,
        quality_score=0.95,
        step_time=0.015,
        prefill_rate=20_000,
        overhead=0.70,
        jitter=0.3,
        rpm=500,
        tpm=30_000,
        mtbf=7200,
        mttr=60,
        cached_price=0.1,
    ),
    ModelConfig(
        name="mid-api",
        price_in=1.00,
        price_out=5.00,
        quality_score=0.90,
        step_time=0.008,
        prefill_rate=20_000,
        overhead=0.50,
        jitter=0.3,
        rpm=1000,
        tpm=80_000,
        mtbf=7200,
        mttr=60,
        cached_price=0.1,
    ),
    ModelConfig(
        name="mini-api",
        price_in=0.15,
        price_out=0.60,
        quality_score=0.80,
        step_time=0.010,
        prefill_rate=20_000,
        overhead=0.40,
        jitter=0.3,
        rpm=500,
        tpm=200_000,
        mtbf=7200,
        mttr=60,
        cached_price=0.5,
    ),
    ModelConfig(
        name="llama-70b",
        price_in=0.60,
        price_out=0.80,
        quality_score=0.86,
        step_time=0.0245,
        step_time_per_sequence=70e-6,
        prefill_rate=6300,
        slots=64,
        overhead=0.05,
        mtbf=14_400,
        mttr=120,
        cached_price=0.5,
    ),
    ModelConfig(
        name="llama-8b",
        price_in=0.05,
        price_out=0.08,
        quality_score=0.72,
        step_time=0.0097,
        step_time_per_sequence=29e-6,
        prefill_rate=15_000,
        slots=64,
        overhead=0.05,
        mtbf=14_400,
        mttr=120,
        cached_price=0.5,
    ),
)
"""Three rate-limited APIs and two endpoints of one's own, from the dearest to the cheapest."""


@struct.dataclass
class Fleet:
    """N models as arrays; the index of a model is the action that routes to it."""

    price_in: jax.Array  # (N,) float32, USD per 10^6 prompt tokens
    price_out: jax.Array  # (N,) float32, USD per 10^6 answer tokens
    cached_price: jax.Array  # (N,) float32, share of price_in, 0 .. 1
    quality_score: jax.Array  # (N,) float32, 0 .. 1
    request_limit: jax.Array  # (N,) float32, requests a minute
    token_limit: jax.Array  # (N,) float32, tokens a minute
    failure_rate: jax.Array  # (N,) float32, outages/s, 1 / mtbf
    mttr: jax.Array  # (N,) float32, s
    fallback: jax.Array  # (N,) int32, index of a model

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.price_in.shape[-1]

    @classmethod
    def from_models(cls, models: Sequence[ModelConfig], mean_input: float, mean_output: float) -> "Fleet":
        """Stack models in their order; the mean prompt and answer, in tokens, say which one is the cheapest.

        Raises what `check_models` raises.
        """
        models = check_models(models)
        names = [model.name for model in models]
        cheapest = int(np.argmin([model.price_in * mean_input + model.price_out * mean_output for model in models]))

        def column(name: str) -> jax.Array:
            return constant([getattr(model, name) for model in models])

        return cls(
            price_in=column("price_in"),
            price_out=column("price_out"),
            cached_price=column("cached_price"),
            quality_score=column("quality_score"),
            request_limit=constant([model.rpm or UNLIMITED for model in models]),
            token_limit=constant([model.tpm or UNLIMITED for model in models]),
            failure_rate=constant([1 / model.mtbf if model.mtbf else 0.0 for model in models]),
            mttr=column("mttr"),
            fallback=constant(
                [names.index(model.fallback) if model.fallback else cheapest for model in models], np.int32
            ),
        )


def check_models(models: Sequence[ModelConfig]) -> tuple[ModelConfig, ...]:
    """Return the models as a tuple, or raise `ValueError`.

    A fleet has at least one model, every name once, and no fallback that is not one of its models.
    """
    models = check_fleet(models, ModelConfig)
    names = [model.name for model in models]
    for model in models:
        if model.fallback is not None and model.fallback not in names:
            raise ValueError(f"fallback of {model.name!r} is {model.fallback!r}; the models are {', '.join(names)}")
    return models


def load_models(path: str | PathLike[str]) -> tuple[ModelConfig, ...]:
    """Read a fleet from TOML: one `[[models]]` table a model, its keys the fields of `ModelConfig`.

    Raises `FileNotFoundError` where there is no file, and `ValueError` (naming file and entry) for anything that is
    not such a fleet: broken TOML, an unknown or missing key, a value that `ModelConfig` refuses, a name twice, a
    fallback that there is not.
    """
    return read_fleet(path, ModelConfig, check_models)
