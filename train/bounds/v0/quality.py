"""No policy of LLMRouter-v0 has more quality at a cost: the bound without queues, in closed form.

Quality and cost depend on the prompt and the model alone. For every price of money nu, a prompt's quality less nu times
its cost is at most `B(nu) = E max_i (quality_i(x) - nu cost_i)`, whoever is asked, so that the mean quality of a policy
is at most `B(nu) + nu cost`, also over episodes that a budget ends (Wald's equation).
"""

import numpy as np

from jax_router.v0.params import Params
from train.bounds.known import QualityBound
from train.bounds.v0.discretise import complexity_draws
from train.bounds.v0.rewards import mean_quality

NUM_PRICES = 401
"""Prices of money that are tried: each gives a line over all policies."""


def quality_bound(params: Params) -> QualityBound:
    """The mean quality that no policy exceeds at a mean cost of a prompt."""
    costs = np.asarray(params.fleet.cost_per_call, np.float64)
    complexity = complexity_draws(params)
    quality = np.stack([mean_quality(params, model, complexity) for model in range(params.num_models)])
    # Above the steepest price, the cheapest model is always the best.
    gaps = np.diff(np.unique(costs))
    steepest = float(np.ptp(quality) / gaps.min()) if len(gaps) and np.ptp(quality) else 1.0
    prices = np.concatenate([[0.0], np.geomspace(1e-6 * steepest, 2 * steepest, NUM_PRICES)])
    intercepts = np.array([(quality - price * costs[:, None]).max(0).mean() for price in prices])
    return QualityBound(prices, intercepts, float(costs.min()))
