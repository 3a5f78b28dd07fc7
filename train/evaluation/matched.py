"""What a policy saves: its cost against the cheapest mixture of the models of the same mean quality.

A mixture that sends a share of all prompts to each model, blindly, has the share-weighted mean of the models' costs
and qualities. So the cheapest mixture of a quality lies on the lower hull of the single models, exactly.
"""

from dataclasses import dataclass

import numpy as np

from jax_router.internal.checks import check_number, check_numbers
from train.evaluation.statistics import Estimate, bootstrap_interval

NUM_BOOTSTRAP = 2000
QUALITY_TOLERANCE = 1e-6
"""Qualities that are no further apart are the same: they are means of float32 sums."""
COST_TOLERANCE = 1e-9
"""Costs that are no further apart, in relation, are the same."""


@dataclass(frozen=True)
class MatchedMixture:
    """The cheapest open-loop mixture of the models with a given mean quality."""

    shares: np.ndarray
    """(N,) share of the prompts for each model."""
    cost: float
    """USD a prompt."""


def cheapest_mixture(costs: np.ndarray, qualities: np.ndarray, quality: float) -> MatchedMixture | None:
    """The cheapest shares of N models whose mean quality is at least `quality`; None where no model is that good.

    Of mixtures that cost the same, the best is taken.

    Args:
        costs: (N,) USD a prompt, at least 0.
        qualities: (N,) mean quality, 0 .. 1.
        quality: what to match.

    Raises:
        ValueError: for numbers that are not finite, a cost below 0, or lists that are not of one length.
    """
    costs, qualities = check_numbers("costs", costs, at_least=0), check_numbers("qualities", qualities)
    quality = check_number("quality", quality)
    if len(costs) != len(qualities):
        raise ValueError(f"there are {len(costs)} costs and {len(qualities)} qualities; each model needs one of both")
    # Two constraints, so two models suffice: an optimum of a linear programme lies in a corner.
    share = _shares(qualities[:, None], qualities[None, :], quality)
    cost = share * costs[:, None] + (1 - share) * costs[None, :]
    if np.isnan(cost).all():
        return None
    reached = share * qualities[:, None] + (1 - share) * qualities[None, :]
    # Models of one price make mixtures of that price, up to the rounding.
    equally_cheap = cost <= np.nanmin(cost) * (1 + COST_TOLERANCE)
    i, j = np.unravel_index(np.argmax(np.where(equally_cheap, reached, -np.inf)), cost.shape)
    shares = np.zeros(len(costs))
    shares[i] += share[i, j]
    shares[j] += 1 - share[i, j]
    return MatchedMixture(shares, float(cost[i, j]))


def saving_at_matched_quality(
    policy_cost: np.ndarray,
    policy_quality: np.ndarray,
    policy_length: np.ndarray,
    costs: np.ndarray,
    qualities: np.ndarray,
) -> Estimate | None:
    """One less the policy's cost over that of the cheapest mixture of its quality.

    None where no mixture is that good, and where that mixture costs nothing: there is nothing to save then. The
    interval is a bootstrap over episodes, which both sides share.

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
        if mixture is None or mixture.cost == 0:
            return np.nan
        return 1 - policy_cost[rows].sum() / length.sum() / mixture.cost

    num_episodes = len(policy_cost)
    estimate = saving(np.arange(num_episodes))
    if np.isnan(estimate):
        return None
    generator = np.random.default_rng(0)
    replicates = [saving(generator.integers(0, num_episodes, num_episodes)) for _ in range(NUM_BOOTSTRAP)]
    return bootstrap_interval(np.array([x for x in replicates if not np.isnan(x)]), estimate)


def _shares(better: np.ndarray, worse: np.ndarray, quality: float) -> np.ndarray:
    """The least share of `better` that lifts the mean quality to `quality`, shapes that broadcast; NaN: it cannot."""
    least = quality - QUALITY_TOLERANCE
    gain = better - worse
    share = np.clip(np.divide(quality - worse, gain, out=np.ones_like(gain), where=gain > 0), 0.0, 1.0)
    return np.where(worse >= least, 0.0, np.where(better >= least, share, np.nan))
