"""The saving at matched quality: a policy's cost against that of the cheapest mixture with its mean quality.

A mixture sends a fixed share of all prompts to each model by chance, so that its cost and its quality are the means of
the models' costs and qualities, weighted by the shares. The cheapest mixture with a given quality therefore lies
exactly on the lower hull of the single models.
"""

from dataclasses import dataclass

import numpy as np

from jax_router.internal.checks import check_number, check_numbers
from train.evaluation.statistics import Estimate, bootstrap_interval

NUM_BOOTSTRAP = 2000
QUALITY_TOLERANCE = 1e-6
"""The largest difference of two qualities that counts as rounding: they are means of float32 sums."""
COST_TOLERANCE = 1e-9
"""The largest relative difference of two costs that counts as rounding."""


@dataclass(frozen=True)
class MatchedMixture:
    """The cheapest mixture of the models with a given mean quality."""

    shares: np.ndarray
    """The share of the prompts that each model gets, (N,)."""
    cost: float
    """The mean cost of a prompt, USD."""


def cheapest_mixture(costs: np.ndarray, qualities: np.ndarray, quality: float) -> MatchedMixture | None:
    """Return the cheapest mixture of N models whose mean quality is at least `quality`; None if no model is that good.

    Of several mixtures with equal cost, it is the one with the best quality.

    Args:
        costs: (N,) mean cost of a prompt at each model, USD, at least 0.
        qualities: (N,) mean quality of each model, 0 .. 1.
        quality: the mean quality to match.

    Raises:
        ValueError: for numbers that are not finite, a cost below 0, or lists that are not of one length.
    """
    costs, qualities = check_numbers("costs", costs, at_least=0), check_numbers("qualities", qualities)
    quality = check_number("quality", quality)
    if len(costs) != len(qualities):
        raise ValueError(f"there are {len(costs)} costs and {len(qualities)} qualities; each model needs one of both")
    # There are two constraints, so two models suffice: an optimum of a linear programme lies in a corner.
    share = _shares(qualities[:, None], qualities[None, :], quality)
    cost = share * costs[:, None] + (1 - share) * costs[None, :]
    if np.isnan(cost).all():
        return None
    reached = share * qualities[:, None] + (1 - share) * qualities[None, :]
    # Mixtures of models with equal costs have that cost, too, up to rounding.
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
    """Return the saving at matched quality, as a share of what the cheapest mixture with the policy's quality costs.

    It is None if no mixture is that good, or if that mixture costs nothing, so that there is nothing to save. The
    interval is a bootstrap over episodes, which policy and models share.

    Args:
        policy_cost: (E,) cost of each episode, USD.
        policy_quality: (E,) mean quality of each episode.
        policy_length: (E,) number of prompts in each episode.
        costs: (N,) mean cost of a prompt at each model, USD.
        qualities: (N, E) mean quality of each model in the same episodes, if it gets every prompt.
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
    """Return the least share of `better` that lifts the mean quality to `quality`, or NaN; shapes broadcast."""
    least = quality - QUALITY_TOLERANCE
    gain = better - worse
    share = np.clip(np.divide(quality - worse, gain, out=np.ones_like(gain), where=gain > 0), 0.0, 1.0)
    return np.where(worse >= least, 0.0, np.where(better >= least, share, np.nan))
