"""What a policy saves: its cost against the cheapest mixture of the models of the same mean quality.

A mixture that sends a share of all prompts to each model, blindly, has the share-weighted mean of the models' costs
and qualities. So the cheapest mixture of a quality lies on the lower hull of the single models, exactly.
"""

from dataclasses import dataclass

import numpy as np

from train.evaluation.statistics import Estimate, bootstrap_interval

NUM_BOOTSTRAP = 2000


@dataclass(frozen=True)
class MatchedMixture:
    """The cheapest open-loop mixture of the models with a given mean quality."""

    shares: np.ndarray
    """(N,) share of the prompts for each model."""
    cost: float
    """USD a prompt."""


def cheapest_mixture(costs: np.ndarray, qualities: np.ndarray, quality: float) -> MatchedMixture | None:
    """The cheapest shares of N models whose mean quality is at least `quality`; None where no model is that good.

    Args:
        costs: (N,) USD a prompt.
        qualities: (N,) mean quality, 0 .. 1.
        quality: what to match.
    """
    costs, qualities = np.asarray(costs, np.float64), np.asarray(qualities, np.float64)
    best: MatchedMixture | None = None
    # Two constraints, so two models suffice: an optimum of a linear programme lies in a corner.
    for i in range(len(costs)):
        for j in range(len(costs)):
            share = _share(qualities[i], qualities[j], quality)
            if share is None:
                continue
            cost = share * costs[i] + (1 - share) * costs[j]
            if best is None or cost < best.cost:
                shares = np.zeros(len(costs))
                shares[i] += share
                shares[j] += 1 - share
                best = MatchedMixture(shares, float(cost))
    return best


def saving_at_matched_quality(
    policy_cost: np.ndarray,
    policy_quality: np.ndarray,
    policy_length: np.ndarray,
    costs: np.ndarray,
    qualities: np.ndarray,
) -> Estimate | None:
    """One less the policy's cost over that of the cheapest mixture of its quality; None where no mixture is that good.

    The interval is a bootstrap over episodes, which both sides share.

    Args:
        policy_cost: (E,) USD an episode.
        policy_quality: (E,) mean quality of an episode.
        policy_length: (E,) prompts of an episode.
        costs: (N,) USD a prompt of each model.
        qualities: (N, E) mean quality of each model, always chosen, in the same episodes.
    """

    def saving(rows: np.ndarray) -> float:
        length = policy_length[rows]
        quality = np.average(policy_quality[rows], weights=length)
        mixture = cheapest_mixture(costs, qualities[:, rows].mean(1), quality)
        return np.nan if mixture is None else 1 - policy_cost[rows].sum() / length.sum() / mixture.cost

    num_episodes = len(policy_cost)
    estimate = saving(np.arange(num_episodes))
    if np.isnan(estimate):
        return None
    generator = np.random.default_rng(0)
    replicates = [saving(generator.integers(0, num_episodes, num_episodes)) for _ in range(NUM_BOOTSTRAP)]
    return bootstrap_interval(np.array([x for x in replicates if not np.isnan(x)]), estimate)


def _share(better: float, worse: float, quality: float) -> float | None:
    """The least share of `better` that lifts the mean quality to `quality`; None where it cannot."""
    if worse >= quality:
        return 0.0
    if better < quality:
        return None
    return (quality - worse) / (better - worse)
