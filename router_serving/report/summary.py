"""The numbers of a report: what happened, and what other ways of routing the same requests would have cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from router_serving.report.log import Log


@dataclass(frozen=True)
class ModelSummary:
    """What one model did."""

    name: str
    calls: int
    share: float
    """Of the answers."""
    failed: float
    """Share of its calls."""
    cost: float
    """USD in all."""
    latency: float
    """Mean seconds of its answers."""
    p95: float
    """Their 95 % quantile, s."""
    ttft: float
    """Mean seconds to the first token, of streams."""


@dataclass(frozen=True)
class Summary:
    """What a group did."""

    group: str
    calls: int
    answered: int
    seconds: float
    """From the first decision to the last."""
    models: tuple[ModelSummary, ...]
    cost: float
    """USD that were billed."""
    quality: float
    """Mean forecast of the answers."""
    late: float
    """Share of the answers that took longer than an SLA."""
    agreed: float
    """Share of the decisions where LiteLLM called the policy's choice."""
    followed: float
    """Share of the calls that the policy was to decide, not only to watch."""
    abstained: Mapping[str, int]
    statuses: Mapping[str, int]
    alternatives: Mapping[str, tuple[float, float]]
    """USD and mean quality that were to be expected of the same answered requests, by the way of routing them."""
    decision_p50: float
    """Seconds."""
    decision_p99: float
    """Seconds."""


def summarize(log: Log, latency_sla: float, ttft_sla: float) -> Summary:
    """The numbers of one group; SLAs are in s."""
    answered = log.answered
    late = (log.latency > latency_sla) | (log.ttft > ttft_sla)  # NaN is not
    decided = (log.chosen >= 0) & answered
    rows = np.arange(len(log.model))
    return Summary(
        group=log.group,
        calls=len(log.model),
        answered=int(answered.sum()),
        seconds=float(np.ptp(log.time)) if len(log.time) else 0.0,
        models=tuple(_of_model(log, i) for i in range(len(log.models))),
        cost=float(np.nansum(log.cost)),
        quality=_mean(log.quality[rows, log.model][answered]),
        late=_mean(late[answered]),
        agreed=_mean((log.chosen == log.model)[decided]),
        followed=_mean(log.route),
        abstained=Counter(reason for reason in log.abstained if reason),
        statuses=Counter(log.status),
        alternatives=_alternatives(log, decided),
        decision_p50=_quantile(log.took[log.chosen >= 0], 0.5),
        decision_p99=_quantile(log.took[log.chosen >= 0], 0.99),
    )


def _of_model(log: Log, index: int) -> ModelSummary:
    here, answered = log.model == index, log.answered
    both = here & answered
    return ModelSummary(
        name=log.models[index],
        calls=int(here.sum()),
        share=float(both.sum() / max(1, answered.sum())),
        failed=_mean(np.array([status == "failure" for status in log.status])[here]),
        cost=float(np.nansum(log.cost[here])),
        latency=_mean(log.latency[both]),
        p95=_quantile(log.latency[both], 0.95),
        ttft=_mean(log.ttft[both]),
    )


def _alternatives(log: Log, rows: np.ndarray) -> dict[str, tuple[float, float]]:
    """Expected cost and forecast quality; what their queues and rate limits would have done is not in these numbers."""
    expected, quality = log.expected[rows], log.quality[rows]
    every = np.arange(len(expected))
    ways = {"as it was": log.model[rows], "the policy's choices": log.chosen[rows]}
    ways |= {f"always {name}": np.full(len(expected), i) for i, name in enumerate(log.models)}
    if len(expected):
        ways["the cheapest for each"] = expected.argmin(axis=1)
        ways["the best forecast for each"] = quality.argmax(axis=1)
    found = {way: (float(expected[every, i].sum()), _mean(quality[every, i])) for way, i in ways.items()}
    found["any at random"] = (float(expected.mean(axis=1).sum()), _mean(quality))
    return found


def _mean(values: np.ndarray) -> float:
    values = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    return float(values.mean()) if values.size else float("nan")


def _quantile(values: np.ndarray, share: float) -> float:
    values = values[~np.isnan(values)]
    return float(np.quantile(values, share)) if values.size else float("nan")
