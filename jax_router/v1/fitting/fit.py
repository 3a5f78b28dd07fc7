"""From a log and a price file to all numbers of a routing problem; the last fifth of the log's time is held out."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from jax_router.logs.log import FEW_ROWS, Log
from jax_router.v1.fitting.arrivals import FittedArrivals, fit_arrivals
from jax_router.v1.fitting.estimate import Estimate, prior
from jax_router.v1.fitting.inflight import Requests
from jax_router.v1.fitting.limits import fit_limits
from jax_router.v1.fitting.prices import Given, fit_prices
from jax_router.v1.fitting.quality import GOOD, FittedQuality, fit_quality, read_table, wilson
from jax_router.v1.fitting.speed import USUAL, fit_speed
from jax_router.v1.lengths import QuantileTables, quantiles_of

HELD_OUT = 0.2
"""Share of the log's time that nothing is fitted to."""
FEWEST_ROWS = 100
"""Requests that a fit needs, in all and in the held-out part."""
USUAL_PATIENCE = 20.0
"""s that a user waits for a slot, by default."""
MOSTLY = 0.8
"""Share of a model's answers with a time of the first token, from which on the fit goes by it."""


@dataclass(frozen=True)
class FittedProblem:
    """What was fitted, and to which part of the log."""

    models: Mapping[str, Mapping[str, Estimate | str]]
    """The fields of `ModelConfig` of each model by its name; those that have a default may be missing."""
    arrivals: FittedArrivals
    lengths: QuantileTables | None
    """None: the log does not say how long answers are."""
    quality: FittedQuality | None
    """None: there is no score, and the models have a `quality_score`."""
    patience: Estimate
    """s that a user waits for a slot."""
    fitted: Log
    held_out: Log
    remarks: tuple[str, ...]
    """What a user should know, one sentence each."""

    @property
    def held_out_from(self) -> float:
        """When the part begins that nothing was fitted to, s since 1970."""
        return float(self.held_out.seconds[0])


def fit_problem(log: Log, given: Given, table: str | PathLike[str] | None = None) -> FittedProblem:
    """Fit a problem to the first four fifths of a log.

    Args:
        log: the requests.
        given: what the price file says, by model.
        table: a CSV file with the columns category, model, prompts and share_good.

    Raises:
        ValueError: a log that is too short; a model of which nobody says what it costs or how good it is.
    """
    fitted, held_out = _parts(log)
    remarks = list(log.remarks)
    remarks += [f"{name} is in the price file and not in the log: left out" for name in given if name not in log.models]
    quality = _quality(fitted, table, given)
    models = {}
    for i, name in enumerate(log.models):
        score = _own_score(fitted, i) if quality is None else _mean(quality, i)
        models[name], odd = _model(fitted, i, given.get(name, {}), score, in_table=quality is not None)
        remarks += [f"{name}: {odd}"] if odd else []
    return FittedProblem(
        models=models,
        arrivals=fit_arrivals(came(fitted), came(held_out)),
        lengths=quantiles_of(fitted.prompt_tokens, fitted.completion_tokens) if log.has("completion_tokens") else None,
        quality=quality,
        patience=_patience(log.ttft),
        fitted=fitted,
        held_out=held_out,
        remarks=tuple(remarks),
    )


def came(log: Log) -> np.ndarray:
    """When requests came, (A,) s since 1970 in their order: those that failed came, too."""
    return np.sort(np.concatenate([log.seconds, log.failures.seconds]))


def _parts(log: Log) -> tuple[Log, Log]:
    """The part that is fitted, and the part that is held out."""
    if len(log) < 2 * FEWEST_ROWS or log.span <= 0:
        raise ValueError(f"the log has {len(log)} answered requests; a fit needs at least {2 * FEWEST_ROWS}")
    border = float(log.seconds[0] + (1 - HELD_OUT) * log.span)
    parts = log.between(-np.inf, border), log.between(border, np.inf)
    for part, name in zip(parts, ("first four fifths", "last fifth"), strict=True):
        if len(part) < FEWEST_ROWS:
            raise ValueError(f"the log has {len(part)} requests in the {name} of its time; a fit needs {FEWEST_ROWS}")
    return parts


def _patience(ttft: np.ndarray) -> Estimate:
    """A log has those who stayed: nobody is less patient than the longest wait in it, and that is all it says."""
    longest = float(np.nanmax(ttft)) if np.isfinite(ttft).any() else 0.0
    if longest <= USUAL_PATIENCE:
        return prior(USUAL_PATIENCE, "who left is in no log")
    return prior(2 * longest, f"who left is in no log; twice the {longest:.1f} s that somebody waited and stayed")


def _quality(log: Log, table: str | PathLike[str] | None, given: Given) -> FittedQuality | None:
    if table is not None:
        return read_table(table, log.models, log.category, log.categories)
    scored = np.bincount(log.model[np.isfinite(log.score)], minlength=len(log.models))
    if (scored > 0).all():
        return fit_quality(log.category, log.categories, log.model, len(log.models), log.score, log.prompt)
    for name, count in zip(log.models, scored, strict=True):
        if not count and "quality_score" not in given.get(name, {}):
            raise ValueError(
                f"nothing says how good {name} is: give scores in the log, a table with --quality, or its "
                "quality_score in --prices"
            )
    return None


def _mean(quality: FittedQuality, model: int) -> Estimate:
    counts = quality.prompts[:, model]
    return _share((counts * quality.share_good[:, model]).sum(), counts.sum(), quality.origin)


def _share(good: float, count: float, origin: str) -> Estimate:
    low, high = wilson(np.array(good / count), np.array(count))
    return Estimate(float(good / count), origin, float(low), float(high))


def _own_score(log: Log, model: int) -> Estimate | None:
    """Of a model that has scores where others have none."""
    scores = log.score[(log.model == model) & np.isfinite(log.score)]
    return _share((scores >= GOOD).sum(), len(scores), f"log, {len(scores):,} scores") if len(scores) else None


def _model(
    log: Log, index: int, given: Mapping[str, Any], score: Estimate | None, in_table: bool
) -> tuple[dict[str, Estimate | str], str | None]:
    """The fields of one model, and what is odd about it, if anything."""
    name = log.models[index]
    rows = log.rows(log.model == index)
    try:
        prices, odd = fit_prices(rows.prompt_tokens, rows.completion_tokens, rows.cost, given)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
    found: dict[str, Estimate | str] = dict(prices)
    if score is not None:
        found["quality_score"] = score
    found |= _speed(rows, given)
    failures = log.failures
    of_model = failures.seconds[failures.model == index]
    refused = failures.refused[failures.model == index]
    tokens = rows.prompt_tokens + np.nan_to_num(rows.completion_tokens)
    limits = fit_limits(rows.seconds, tokens, of_model[refused], of_model[~refused], log.span)
    found |= {field: value for field, value in vars(limits).items() if value is not None}
    # What the user says of a model is not fitted; the mean of a table of qualities is the table's.
    told = {key: value for key, value in given.items() if not (in_table and key == "quality_score")}
    return {**found, **{key: _told(value) for key, value in told.items()}}, odd


def _told(value: Any) -> Estimate | str:
    return value if isinstance(value, str) else Estimate(float(value), "price file")


def _speed(rows: Log, given: Mapping[str, Any]) -> dict[str, Estimate]:
    timed = rows.rows(np.isfinite(rows.latency) & np.isfinite(rows.completion_tokens))
    if len(timed) < FEW_ROWS:
        why = "the log has no latency" if not len(timed) else f"fewer than {FEW_ROWS} requests"
        return {field: prior(value, why) for field, value in USUAL.items()}
    known = np.isfinite(timed.ttft)
    with_ttft = bool(known.mean() >= MOSTLY)
    usual = float(np.median(timed.ttft[known])) if with_ttft else 0.0
    ttft = np.where(known, timed.ttft, np.minimum(usual, timed.latency)) if with_ttft else np.zeros(len(timed))
    requests = Requests(
        start=timed.seconds,
        first=timed.seconds + ttft,
        end=timed.seconds + timed.latency,
        prompt_tokens=timed.prompt_tokens,
        completion_tokens=np.maximum(timed.completion_tokens, 1),
    )
    return fit_speed(requests, with_ttft, given)
