"""What policies would have done with a log: its own requests through the simulator fitted to it, block by block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jax_router import versions
from jax_router.logs.log import Log
from jax_router.policy import AnyPolicy
from train.evaluation.statistics import Estimate, bootstrap_interval

AS_ROUTED = "as routed"
THE_LOG = "the log itself"
BLOCKS = 40
"""Equally long stretches of time, which differences are resampled by: what happens within one hangs together."""
RESAMPLES = 2000
MOST_REQUESTS = 100_000
"""Requests that are replayed, the last ones; a strategy takes some ten microseconds for each."""
TRUSTED = 0.1
"""How far cost and latency as routed may be from the log before savings come with a warning."""


@dataclass(frozen=True)
class Replayed:
    """One row: what became of the R requests; a number that the log does not have is NaN."""

    cost: float
    """USD, in all."""
    quality: float
    """Mean share of good answers, 0 .. 1."""
    sla_violation_rate: float
    """Share of the requests that were lost, or later than the SLA of the problem."""
    reward: float
    """Mean of a request."""
    latency: float
    """Mean, s."""
    latency_p95: float
    """s."""
    ttft: float
    """Mean, s."""
    model_share: Mapping[str, float]
    """The share of the requests that each model was chosen for."""
    difference: Mapping[str, Estimate] | None = None
    """Less the log's choices, paired: cost (USD in all), quality, sla_violation_rate and reward."""


@dataclass(frozen=True)
class ReplayEvaluation:
    """A log under its own choices and under every strategy."""

    rows: Mapping[str, Replayed]
    """By name: the log itself and as routed first."""
    requests: int
    seconds: float
    """That the requests came in, s."""
    is_held_out: bool
    """Whether nothing was fitted to these requests."""
    warning: str | None
    """How the simulator's account of the log is off, where it is by more than 10 %."""


def evaluate_replay(
    environment: str, problem: Any, log: Log, strategies: Mapping[str, AnyPolicy], seed: int = 0
) -> ReplayEvaluation:
    """Play a log as it was routed, and under every strategy, with the same luck for all.

    Args:
        environment: the id of the problem's environment.
        problem: what `jax_router.versions.load_problem` returns.
        log: requests; only those after the fitted part count, where there are some.
        strategies: by name.
        seed: of all luck.

    Raises:
        ValueError: for a log that cannot be replayed.
    """
    log, is_held_out = _part_of(log, problem)
    replaying = versions.replaying(environment)
    replay = replaying.make_replay(problem, log, seed)
    log, reward = replay.log, problem.reward
    block = _blocks(log.seconds)
    routed = replaying.as_routed(replay)
    names = problem.model_names
    rows = {THE_LOG: _of_log(log, reward, names), AS_ROUTED: _row(routed, names)}
    base = _sums(routed, block)
    for name, policy in strategies.items():
        played = replaying.play(replay, policy, seed)
        rows[name] = _row(played, names, _differences(_sums(played, block), base))
    return ReplayEvaluation(rows, len(log), log.span, is_held_out, _warning(rows))


def _part_of(log: Log, problem: Any) -> tuple[Log, bool]:
    """The last requests that nothing was fitted to, and True; or the last ones at all, and False."""
    later = log.seconds >= problem.log.get("held_out_from", np.inf)
    is_held_out = bool(later.sum() >= 2)
    kept = log.rows(later) if is_held_out else log
    return kept.rows(slice(-MOST_REQUESTS, None)), is_held_out


def _blocks(seconds: np.ndarray) -> np.ndarray:
    since = seconds - seconds[0]
    return np.minimum((since / max(float(since[-1]), 1e-9) * BLOCKS).astype(int), BLOCKS - 1)


def _of_log(log: Log, reward: Any, names: Sequence[str]) -> Replayed:
    with np.errstate(invalid="ignore"):
        late = (np.nan_to_num(log.ttft) > reward.ttft_sla) | (log.latency > reward.latency_sla)
    shares = np.bincount(log.model, minlength=len(names)) / len(log)
    return Replayed(
        cost=float(np.nansum(log.cost)) if log.has("cost") else np.nan,
        quality=_mean(log.score),
        sla_violation_rate=float(late.mean()) if log.has("latency") else np.nan,
        reward=np.nan,
        latency=_mean(log.latency),
        latency_p95=float(np.nanpercentile(log.latency, 95)) if log.has("latency") else np.nan,
        ttft=_mean(log.ttft),
        model_share=dict(zip(names, shares.tolist(), strict=True)),
    )


def _row(played: Any, names: Sequence[str], difference: Mapping[str, Estimate] | None = None) -> Replayed:
    outcome = played.outcome
    latency = np.asarray(outcome.latency, np.float64)
    shares = np.bincount(played.actions, minlength=len(names)) / len(latency)
    return Replayed(
        cost=float(outcome.cost.sum(dtype=np.float64)),
        quality=float(outcome.quality.mean(dtype=np.float64)),
        sla_violation_rate=float(outcome.sla_violated.mean()),
        reward=float(played.reward.mean(dtype=np.float64)),
        latency=float(latency.mean()),
        latency_p95=float(np.percentile(latency, 95)),
        ttft=float(outcome.ttft.mean(dtype=np.float64)),
        model_share=dict(zip(names, shares.tolist(), strict=True)),
        difference=difference,
    )


COMPARED = ("cost", "quality", "sla_violation_rate", "reward")


def _sums(played: Any, block: np.ndarray) -> np.ndarray:
    """Sums over the requests of each block, (BLOCKS, 1 + 4): their number, then `COMPARED`."""
    outcome = played.outcome
    columns = (np.ones(len(block)), outcome.cost, outcome.quality, outcome.sla_violated, played.reward)
    return np.stack([np.bincount(block, np.asarray(c, np.float64), BLOCKS) for c in columns], axis=-1)


def _differences(sums: np.ndarray, base: np.ndarray) -> dict[str, Estimate]:
    """Sums less those of the log's choices: USD in all, means over requests, with intervals by blocks."""
    count, less = base[:, 0], (sums - base)[:, 1:]
    draws = np.random.default_rng(0).integers(BLOCKS, size=(RESAMPLES, BLOCKS))

    def numbers(count: np.ndarray, less: np.ndarray) -> np.ndarray:
        means = less / np.maximum(count, 1)[..., None]
        means[..., 0] *= base[:, 0].sum()
        return means

    mean = numbers(count.sum(), less.sum(0))
    found = numbers(count[draws].sum(1), less[draws].sum(1))
    return {name: bootstrap_interval(found[:, i], float(mean[i])) for i, name in enumerate(COMPARED)}


def _warning(rows: Mapping[str, Replayed]) -> str | None:
    real, simulated = rows[THE_LOG], rows[AS_ROUTED]
    off = []
    for name, unit in (("cost", "USD"), ("latency", "s")):
        one, other = getattr(real, name), getattr(simulated, name)
        if np.isfinite(one) and one > 0 and abs(other / one - 1) > TRUSTED:
            off.append(f"{name} {other:.4g} {unit} instead of {one:.4g} ({other / one - 1:+.0%})")
    if not off:
        return None
    return (
        f"Warning: as routed, the simulator has {' and '.join(off)}: do not trust the savings below further than that."
    )


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
