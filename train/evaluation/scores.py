"""The scores of a strategy over episodes, and its differences from a policy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jax_router import Episodes
from jax_router.episodes import latency_edges
from train.evaluation.statistics import Estimate, histogram_percentiles, mean_with_interval, paired_difference

COMPARED = ("reward", "cost", "quality", "sla_violation_rate")
"""The fields of `Episodes` in which strategies are compared with a policy."""


@dataclass(frozen=True)
class Score:
    """One strategy over E episodes. Rates and quality are over prompts, reward and cost over episodes."""

    reward: Estimate
    """The mean reward of an episode."""
    cost: float
    """The mean cost of an episode, USD."""
    cost_per_1k: float
    """The cost of 1,000 prompts, USD."""
    quality: float
    """The mean over the prompts, 0 .. 1."""
    sla_violation_rate: float
    """The share of the prompts whose answer came later than the SLA allows."""
    quality_met_rate: float
    """The share of the prompts whose answer was at least as good as required."""
    latency_p50: float
    """The median of the latency, s, within 1 %."""
    latency_p95: float
    """The 95th percentile of the latency, s, within 1 %."""
    latency_p99: float
    """The 99th percentile of the latency, s, within 1 %."""
    length: float
    """The mean number of prompts in an episode."""
    model_share: dict[str, float]
    """The share of the prompts that each model got, by its name."""
    difference: dict[str, Estimate] | None = None
    """The strategy less the policy on the same episodes, by field of `Episodes`; None if there is no policy."""

    def as_dict(self) -> dict[str, object]:
        """Return the score as a dict of JSON values."""
        values: dict[str, object] = dict(vars(self)) | {"reward": self.reward.as_dict()}
        if self.difference is not None:
            values["difference"] = {name: estimate.as_dict() for name, estimate in self.difference.items()}
        return values


def score(episodes: Episodes, model_names: Sequence[str], policy: Episodes | None = None) -> Score:
    """Sum up the episodes of one strategy, and compare them with those of a policy where there is one."""
    prompts = np.asarray(episodes.length, np.float64)

    def over_prompts(rates: object) -> np.ndarray:
        return np.average(np.asarray(rates, np.float64), axis=0, weights=prompts)

    counts = np.asarray(episodes.latency_counts, np.float64).sum(0)
    p50, p95, p99 = histogram_percentiles(counts, latency_edges(), (50, 95, 99))
    cost = np.asarray(episodes.cost, np.float64)
    return Score(
        reward=mean_with_interval(np.asarray(episodes.reward)),
        cost=float(cost.mean()),
        cost_per_1k=float(1000 * cost.sum() / prompts.sum()),
        quality=float(over_prompts(episodes.quality)),
        sla_violation_rate=float(over_prompts(episodes.sla_violation_rate)),
        quality_met_rate=float(over_prompts(episodes.quality_met_rate)),
        latency_p50=p50,
        latency_p95=p95,
        latency_p99=p99,
        length=float(prompts.mean()),
        model_share=dict(zip(model_names, map(float, over_prompts(episodes.model_share)), strict=True)),
        difference=None
        if policy is None
        else {
            name: paired_difference(np.asarray(getattr(episodes, name)), np.asarray(getattr(policy, name)))
            for name in COMPARED
        },
    )
