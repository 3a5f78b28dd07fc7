"""What a user should know about a log before anything is fitted to it, one sentence each."""

import re
from collections.abc import Iterator

import numpy as np

from jax_router.logs.log import Log

LOST = {
    "completion_tokens": "the lengths of answers are those of the Azure conversation trace",
    "cost": "prices come from the price file alone",
    "latency": "how fast endpoints are comes from the price file and from priors",
    "ttft": "overhead and prefill are told from whole latencies, and slots not at all",
    "score": "quality comes from a table or from the price file",
}
"""What is lost where a log lacks a number."""


def remarks_on(log: Log, few: int) -> list[str]:
    """Which numbers are missing, which models have fewer than `few` requests, and which may be one under two names."""
    return [*_missing(log), *_rare(log, few), *_twins(log.models)]


def _missing(log: Log) -> Iterator[str]:
    for column, lost in LOST.items():
        if not log.has(column):
            yield f"the log has no {column}: {lost}"
    if log.categories == ("",):
        yield "the log has no categories: all prompts are of one kind"


def _rare(log: Log, few: int) -> Iterator[str]:
    for name, count in zip(log.models, np.bincount(log.model, minlength=len(log.models)), strict=True):
        if count < few:
            yield f"{name} has {count} requests, fewer than {few}: its endpoint is not fitted, priors stand in"


def _twins(models: tuple[str, ...]) -> Iterator[str]:
    """Models whose names differ in their provider or their date alone."""
    plain: dict[str, str] = {}
    for name in models:
        core = re.sub(r"[-@:](20\d\d-?\d\d-?\d\d|latest|v\d+(:\d+)?)$", "", name.lower().split("/")[-1])
        if core in plain:
            yield f"{plain[core]} and {name} may be one model: --rename {name}={plain[core]} makes them one"
        plain.setdefault(core, name)
