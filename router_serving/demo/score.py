"""What a run of the demo was worth, by the reward of LLMRouter-v1, and a table of several runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from router_serving.demo.clients import Met
from router_serving.demo.engine import ModelSpec
from router_serving.text_table import text_table

COST_WEIGHT = 10.0
"""Reward lost per USD; this and the following are the defaults of `jax_router.v1.RewardConfig`."""
TTFT_PENALTY, TTFT_SLA = 0.2, 1.0
"""Reward lost per second of time to first token beyond so many seconds."""
LATENCY_PENALTY, LATENCY_SLA = 0.1, 10.0
"""Reward lost per second of latency beyond so many seconds."""
LOSS_PENALTY = 1.0
"""Reward lost with a prompt that nobody answers."""

STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""The 97.5 % quantile of Student's t for so many runs."""


@dataclass(frozen=True)
class Score:
    """One run of one strategy."""

    reward: float
    """Mean reward a prompt."""
    quality: float
    """Mean forecast of the answers' quality, 0 for a lost prompt."""
    cost: float
    """USD a prompt."""
    latency: float
    """Mean seconds to the last token, of the answered."""
    p95: float
    """The 95 % quantile of the same."""
    ttft: float
    """Mean seconds to the first token."""
    late: float
    """Share of the prompts that were lost or late by either SLA."""
    lost: float
    """Share of the prompts that nobody answered."""
    shares: Mapping[str, float]
    """Share of the prompts that each model answered."""


def score(met: Sequence[Met], models: Sequence[ModelSpec], shares: Mapping[str, np.ndarray]) -> Score:
    """The score of what some prompts met; `shares` are the models' shares of good answers in each category."""
    by_name = {model.name: (i, model) for i, model in enumerate(models)}
    rewards, qualities, costs, late = [], [], [], []
    for one in met:
        waited = TTFT_PENALTY * max(0.0, one.ttft - TTFT_SLA) + LATENCY_PENALTY * max(0.0, one.latency - LATENCY_SLA)
        if one.model is None:
            quality, cost, waited = 0.0, 0.0, LOSS_PENALTY
        else:
            index, model = by_name[one.model]
            quality = float(shares[one.category][index])
            cost = (model.price_in * one.prompt_tokens + model.price_out * one.completion_tokens) * 1e-6
        rewards.append(quality - COST_WEIGHT * cost - waited)
        qualities.append(quality)
        costs.append(cost)
        late.append(one.model is None or one.ttft > TTFT_SLA or one.latency > LATENCY_SLA)
    answered = [one for one in met if one.model is not None]
    latencies = np.array([one.latency for one in answered] or [np.nan])
    return Score(
        reward=float(np.mean(rewards)),
        quality=float(np.mean(qualities)),
        cost=float(np.mean(costs)),
        latency=float(latencies.mean()),
        p95=float(np.quantile(latencies, 0.95)),
        ttft=float(np.mean([one.ttft for one in answered] or [np.nan])),
        late=float(np.mean(late)),
        lost=1 - len(answered) / max(1, len(met)),
        shares={name: float(np.mean([one.model == name for one in met])) for name in by_name},
    )


def table(scores: Mapping[str, Sequence[Score]], best: str, width: int | None = None) -> str:
    """A table of the runs of several strategies; `best` is the one that the others are compared with, run by run.

    It is no wider than `width` characters, or of any width.
    """
    names = list(next(iter(scores.values()))[0].shares)
    head = ["strategy", "reward / 1,000", "wins", "USD / 1,000", "quality", "mean s", "p95 s", "TTFT s", "late", "lost"]
    rows = [[*head, "/".join(names)]]
    for strategy, runs in sorted(scores.items(), key=lambda item: -np.mean([run.reward for run in item[1]])):
        ahead = sum(b.reward > run.reward for b, run in zip(scores[best], runs, strict=True))
        rows.append(
            [
                strategy,
                _interval([1000 * run.reward for run in runs]),
                "" if strategy == best else f"{ahead} of {len(runs)}",
                f"{1000 * _mean(runs, 'cost'):.2f}",
                f"{_mean(runs, 'quality'):.3f}",
                f"{_mean(runs, 'latency'):.2f}",
                f"{_mean(runs, 'p95'):.2f}",
                f"{_mean(runs, 'ttft'):.2f}",
                f"{_mean(runs, 'late'):.0%}",
                f"{_mean(runs, 'lost'):.1%}",
                "/".join(f"{100 * np.mean([run.shares[name] for run in runs]):.0f}" for name in names) + " %",
            ]
        )
    return text_table(rows, width)


def _mean(runs: Sequence[Score], name: str) -> float:
    return float(np.mean([getattr(run, name) for run in runs]))


def _interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval of a few runs."""
    mean = np.mean(values)
    if len(values) < 2:
        return f"{mean:.0f}"
    half = STUDENT.get(len(values), 2.0) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{mean:.0f} ± {half:.0f}"
