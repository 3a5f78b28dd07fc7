"""How good an answer is: a forecast for each model that the router sees, and an ease of the prompt that nobody sees.

quality_m = Phi(z_m * sqrt(1 + h_m^2) + h_m * ease),  forecast_m = Phi(z_m) = E[quality_m | z]
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from statistics import NormalDist

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import ArrayLike

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number

LOWEST, HIGHEST = 0.0001, 0.9999
"""Shares of good answers are cut to this range: their probits are finite."""
SHRINKAGE = 20
"""Prompts that a model's mean counts for in each category."""


@struct.dataclass
class Quality:
    """Where forecasts come from and what they leave open, for N models and K categories of prompts."""

    mean: jax.Array  # (K, N) float32, probits
    common: jax.Array  # (N,) float32, how far the forecasts of all models move together
    own: jax.Array  # (N,) float32, how far each moves by itself
    hidden: jax.Array  # (N,) float32, h: how much the hidden ease decides
    cumulative: jax.Array  # (K,) float32, cumulative shares of the categories, the last one 1

    @classmethod
    def gaussian(cls, quality_scores: ArrayLike, beta: float, rho: float, kappa: float) -> "Quality":
        """Of models with these scores, (N,): whatever `rho` and `kappa` are, a model's mean quality is its score.

        Args:
            quality_scores: (N,) 0 .. 1.
            beta: how strongly answers depend on the prompt's ease.
            rho: how much of the ease shows, -1 .. 1.
            kappa: how much of what is a model's own shows, 0 .. 0.99.
        """
        scores = np.asarray(quality_scores, np.float64)
        alpha = _probit(scores) * np.sqrt(1 + beta**2)
        scale = np.sqrt(beta**2 * (1 - rho**2) + 1 - kappa**2)
        each = np.ones_like(scores)
        return cls(
            mean=constant(alpha / scale)[None],
            common=constant(beta * rho / scale * each),
            own=constant(kappa / scale * each),
            hidden=constant(beta * np.sqrt(1 - rho**2) / np.sqrt(1 - kappa**2) * each),
            cumulative=constant([1.0]),
        )

    @classmethod
    def from_table(cls, table: "QualityTable") -> "Quality":
        """Of measured shares of good answers: the forecast is the share in the prompt's category."""
        shares = np.asarray(table.shares, np.float64)
        weights = np.asarray(table.weights, np.float64)
        nothing = np.zeros(shares.shape[1])
        return cls(
            mean=constant(_probit(shares)),
            common=constant(nothing),
            own=constant(nothing),
            hidden=constant(nothing + table.beta),
            cumulative=constant(np.cumsum(weights / weights.sum())),
        )


@dataclass(frozen=True, eq=False)
class QualityTable:
    """What a fleet's own evaluations say: how often each model was good in each category of prompts.

    Raises `ValueError` for other shapes, shares outside 0 .. 1, and weights that are negative or all 0.
    """

    shares: ArrayLike
    """(K, N) share of good answers of each model in each category, 0 .. 1; K N up to 127 keeps small programs fast."""
    weights: ArrayLike
    """(K,) how frequent each category is, at least 0; they need not sum to 1."""
    beta: float = 1.1
    """How strongly answers depend on an ease that all models share within a category, 0 .. 10."""

    def __post_init__(self) -> None:
        shares, weights = np.asarray(self.shares, np.float64), np.asarray(self.weights, np.float64)
        if shares.ndim != 2 or not shares.size or weights.shape != shares.shape[:1]:
            raise ValueError(
                f"shares has shape {shares.shape} and weights {weights.shape}; they must be (K, N) and (K,)"
            )
        if not ((shares >= 0) & (shares <= 1)).all():
            raise ValueError(f"shares holds {_first(shares, (shares >= 0) & (shares <= 1))}; each must be 0 .. 1")
        if not (np.isfinite(weights) & (weights >= 0)).all() or weights.sum() <= 0:
            raise ValueError(f"weights is {weights.tolist()}; they must be at least 0, and not all 0")
        check_number("beta", self.beta, at_least=0, at_most=10)

    @property
    def means(self) -> np.ndarray:
        """(N,) float64, each model's share of good answers over all prompts."""
        weights = np.asarray(self.weights, np.float64)
        return weights @ np.clip(np.asarray(self.shares, np.float64), LOWEST, HIGHEST) / weights.sum()

    @classmethod
    def from_counts(cls, prompts: ArrayLike, shares: ArrayLike, beta: float = 1.1) -> "QualityTable":
        """From raw shares, (K, N), of so many prompts, (K, N): each is drawn to its model's mean by 20 prompts."""
        count, raw = np.asarray(prompts, np.float64), np.asarray(shares, np.float64)
        if count.shape != raw.shape or not (count >= 0).all() or not (count.sum(0) > 0).all():
            raise ValueError(f"prompts has shape {count.shape}, shares {raw.shape}; every model needs prompts")
        mean = (count * raw).sum(0) / count.sum(0)
        return cls((count * raw + SHRINKAGE * mean) / (count + SHRINKAGE), count.mean(1), beta)

    @classmethod
    def from_csv(cls, path: str | PathLike[str], model_names: Sequence[str], beta: float = 1.1) -> "QualityTable":
        """From a CSV file with the columns `category`, `model`, `prompts` and `share_good`.

        Raises `OSError` where the file cannot be opened, and `ValueError` (naming the file, and the line where there
        is one) for a missing column, a value that does not parse, or a model of `model_names` without any row.
        """
        counts: dict[str, np.ndarray] = {}
        shares: dict[str, np.ndarray] = {}
        for line, row in _rows(path, model_names):
            place = list(model_names).index(row["model"])
            for table, column in ((counts, "prompts"), (shares, "share_good")):
                values = table.setdefault(row["category"], np.zeros(len(model_names)))
                values[place] = _number(row[column], f"{path}, line {line}: {column}")
        for place, name in enumerate(model_names):
            if not sum(row[place] for row in counts.values()):
                raise ValueError(f"{path}: holds no prompts of the model {name!r}")
        return cls.from_counts(list(counts.values()), list(shares.values()), beta)

    @staticmethod
    def categories_of(path: str | PathLike[str], model_names: Sequence[str]) -> tuple[str, ...]:
        """The names of the rows of `from_csv`, in their order; raises what that raises for a missing column."""
        return tuple(dict.fromkeys(row["category"] for _, row in _rows(path, model_names)))


def draw_probits(category: jax.Array, common: jax.Array, own: jax.Array, quality: Quality) -> jax.Array:
    """The probit of what the router expects of each model for a prompt, (N,) float32.

    Args:
        category: () float32, a draw of Uniform(0, 1).
        common: () float32, a draw of Normal(0, 1).
        own: (N,) float32, draws of Normal(0, 1).
        quality: the parameters.
    """
    mean = jnp.asarray(quality.mean)
    if mean.shape[0] == 1:
        return mean[0] + quality.common * common + quality.own * own
    place = (category >= jnp.asarray(quality.cumulative)[:-1]).sum(dtype=jnp.int32)
    return mean[place] + quality.common * common + quality.own * own


def true_quality(probit: jax.Array, ease: jax.Array, hidden: jax.Array) -> jax.Array:
    """The probability that an answer is good, given the hidden ease of its prompt; shapes that broadcast, float32."""
    return normal_cdf(probit * jnp.sqrt(1.0 + hidden**2) + hidden * ease)


def normal_cdf(x: jax.Array) -> jax.Array:
    """Phi, any shape, float32."""
    return 0.5 + 0.5 * jax.lax.erf(x * jnp.float32(0.5**0.5))


def _probit(shares: np.ndarray) -> np.ndarray:
    return np.vectorize(NormalDist().inv_cdf)(np.clip(shares, LOWEST, HIGHEST))


def _rows(path: str | PathLike[str], model_names: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of these models, each with its line."""
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        lacking = {"category", "model", "prompts", "share_good"} - set(reader.fieldnames or ())
        if lacking:
            raise ValueError(f"{path}: lacks the column {sorted(lacking)[0]}")
        return [(reader.line_num, row) for row in reader if row["model"] in model_names]


def _first(values: np.ndarray, valid: np.ndarray) -> float:
    return float(values[~valid][0])


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise ValueError(f"{where} is {text!r}; it must be a number")
    return number
