"""What episodes come to."""

import jax
import numpy as np
import pytest

from jax_router import make_params
from jax_router.rollout import compare
from tests.helpers.made_up import NAMES, by_complexity
from train.agents.strategies import as_strategy
from train.evaluation.scores import score


def test_scores_are_means_over_prompts() -> None:
    params = make_params(budget=0.02, episode_length=30)  # constant tier1_large ends after one prompt
    results = compare(jax.random.key(0), {"policy": as_strategy(by_complexity())}, 16, params)["policy"]
    summed = score(results, NAMES)
    length = np.asarray(results.length, np.float64)
    assert len(set(length)) > 1
    assert summed.quality == pytest.approx(float((results.quality * length).sum() / length.sum()), rel=1e-6)
    assert summed.cost_per_1k == pytest.approx(float(1000 * np.sum(results.cost) / length.sum()), rel=1e-6)
    assert summed.difference is None
