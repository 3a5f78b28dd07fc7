"""How often each model is good in each category, and how far an ease that all of them share decides."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from scipy.stats import norm

from jax_router.v1.fitting.estimate import Estimate, prior

GOOD = 0.9
"""The score from which on an answer counts as good."""
SHRINKAGE = 20
"""Prompts that a model's mean counts for in each category, as in `jax_router.v1.quality`."""
MOST_CELLS = 127
"""Categories times models; more would take small CPU programs off XLA's fast path."""
REST = "other"
"""The category of all prompts whose own is too rare."""
BETA = 1.1
FEWEST_PAIRS = 100
"""Pairs of answers to one prompt that beta is told from."""


@dataclass(frozen=True)
class FittedQuality:
    """K categories and N models."""

    categories: tuple[str, ...]
    weights: np.ndarray  # (K,) float64, the shares of the prompts
    prompts: np.ndarray  # (K, N) float64, answers with a score
    share_good: np.ndarray  # (K, N) float64, the raw share of good ones, 0 where there are none
    low: np.ndarray  # (K, N) float64, 95 % interval of the shrunk share
    high: np.ndarray  # (K, N) float64
    beta: Estimate
    origin: str


def fit_quality(
    category: np.ndarray,
    names: Sequence[str],
    model: np.ndarray,
    num_models: int,
    score: np.ndarray,
    prompt: np.ndarray,
) -> FittedQuality:
    """Count what scores say.

    Args:
        category: (R,) indices of `names`.
        names: of the categories.
        model: (R,) indices.
        num_models: N.
        score: (R,) 0 .. 1, NaN where there is none.
        prompt: (R,) the same number where the prompt was the same, -1 where that is not known.

    Raises:
        ValueError: a model without any score.
    """
    place, kept = _frequent(category, names, num_models)
    scored = np.isfinite(score)
    cell = place[scored] * num_models + model[scored]
    size = len(kept) * num_models
    prompts = np.bincount(cell, minlength=size).reshape(-1, num_models).astype(float)
    good = np.bincount(cell, weights=score[scored] >= GOOD, minlength=size).reshape(-1, num_models)
    if not (prompts.sum(0) > 0).all():
        raise ValueError(f"model number {int(np.argmin(prompts.sum(0))) + 1} has no scored answer")
    share = good / np.maximum(prompts, 1)
    low, high = _interval(prompts, good)
    weights = np.bincount(place, minlength=len(kept)).astype(float)
    return FittedQuality(
        categories=kept,
        weights=weights / weights.sum(),
        prompts=prompts,
        share_good=share,
        low=low,
        high=high,
        beta=_beta(place[scored], model[scored], score[scored] >= GOOD, prompt[scored], shrunk(prompts, good)),
        origin=f"log, {int(scored.sum()):,} scores of at least {GOOD} counted as good",
    )


def shrunk(prompts: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Shares of good answers, (K, N), each drawn to its model's mean by 20 prompts."""
    mean = good.sum(0) / np.maximum(prompts.sum(0), 1)
    return (good + SHRINKAGE * mean) / (prompts + SHRINKAGE)


def read_table(
    path: str | PathLike[str], models: Sequence[str], category: np.ndarray, names: Sequence[str]
) -> FittedQuality:
    """A table that the user brings, with the columns `category`, `model`, `prompts` and `share_good`.

    The log's categories, (R,) indices of `names`, say how frequent each is, where the table's are among them.
    Raises what `QualityTable.from_csv` raises.
    """
    from jax_router.v1.quality import QualityTable

    QualityTable.from_csv(path, models)  # checks it
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] in models]
    kept = tuple(dict.fromkeys(row["category"] for row in rows))
    prompts, share = np.zeros((2, len(kept), len(models)))
    for row in rows:
        at = kept.index(row["category"]), list(models).index(row["model"])
        prompts[at], share[at] = float(row["prompts"]), float(row["share_good"])
    seen = dict(zip(names, np.bincount(category, minlength=len(names)), strict=True))
    weights = np.array([float(seen.get(name, 0)) for name in kept])
    if weights.sum() == 0:
        weights = prompts.mean(1)
    low, high = _interval(prompts, prompts * share)
    beta = prior(BETA, "a table does not tell it")
    return FittedQuality(kept, weights / weights.sum(), prompts, share, low, high, beta, f"table {path}")


def _frequent(category: np.ndarray, names: Sequence[str], num_models: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """The categories that a table has room for, the others as one: (R,) indices of them, and their names."""
    count = np.bincount(category, minlength=len(names))
    room = max(1, MOST_CELLS // num_models)
    order = np.argsort(-count, kind="stable")
    if len(names) <= room:
        return category, tuple(name or REST for name in names)
    kept = np.sort(order[: room - 1])
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    return place[category], (*(names[i] or REST for i in kept), REST if REST not in names else f"{REST} (rare)")


def _interval(prompts: np.ndarray, good: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of the shares, (K, N), around the shrunk one where the cell is small."""
    mean = good.sum(0) / np.maximum(prompts.sum(0), 1)
    count = prompts + SHRINKAGE * (prompts == 0)
    share = np.where(prompts > 0, good / np.maximum(prompts, 1), mean)
    low, high = wilson(share, count)
    center = shrunk(prompts, good)
    return np.minimum(low, center), np.maximum(high, center)


def wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the 95 % interval of shares that were counted (Wilson, 1927), shapes that broadcast."""
    z2 = 1.96**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = 1.96 / (1 + z2 / count) * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return middle - half, middle + half


def _beta(place: np.ndarray, model: np.ndarray, good: np.ndarray, prompt: np.ndarray, share: np.ndarray) -> Estimate:
    """The slope on the shared ease, by maximum likelihood of pairs of answers to the same prompt.

    Two models' latent qualities in a category correlate by beta^2 / (1 + beta^2).
    """
    order = np.lexsort((model, prompt))
    same = (prompt[order][1:] == prompt[order][:-1]) & (prompt[order][1:] >= 0)
    same &= model[order][1:] != model[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    if len(first) < FEWEST_PAIRS:
        return prior(BETA, "no prompts that several models answered")
    num_models = share.shape[1]
    key = ((place[first] * num_models + model[first]) * num_models + model[second]) * 4 + good[first] * 2 + good[second]
    cells, count = np.unique(key, return_counts=True)
    both, outcome = divmod(cells, 4)
    rest, right = divmod(both, num_models)
    where, left = divmod(rest, num_models)
    probit = norm.ppf(np.clip(share, 1e-3, 1 - 1e-3))
    a, b = probit[where, left], probit[where, right]
    betas = np.linspace(0.0, 4.0, 81)
    likelihood = np.array([count @ np.log(_both(a, b, outcome, beta)) for beta in betas])
    best = float(betas[np.argmax(likelihood)])
    within = betas[likelihood >= likelihood.max() - 1.92]
    return Estimate(best, f"log, {len(first):,} pairs of answers to one prompt", float(within[0]), float(within[-1]))


def _both(a: np.ndarray, b: np.ndarray, outcome: np.ndarray, beta: float) -> np.ndarray:
    """The probability of an outcome (2 good of the first + good of the second), each (C,), given the ease's slope."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    scale = np.sqrt(1 + beta**2)
    one = norm.cdf(a[:, None] * scale + beta * nodes)
    other = norm.cdf(b[:, None] * scale + beta * nodes)
    first, second = (outcome // 2 == 1)[:, None], (outcome % 2 == 1)[:, None]
    joint = np.where(first, one, 1 - one) * np.where(second, other, 1 - other)
    return np.maximum(joint @ weights / weights.sum(), 1e-12)
