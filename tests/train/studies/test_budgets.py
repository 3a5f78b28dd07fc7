"""Days of a pacer: what each of their columns says of a prompt."""

import jax
import numpy as np
import pytest

from jax_router import make_params
from tests.helpers.made_up import by_complexity_and_price
from train.studies.budgets import Trial, run_trial

PARAMS = make_params(episode_length=100)


@pytest.mark.parametrize("halved", [False, True])
def test_what_is_left_is_told_before_each_prompt(halved: bool) -> None:
    result, days = run_trial(
        by_complexity_and_price(), PARAMS, Trial(0.2, halve_budget=halved), jax.random.key(0), num_episodes=3
    )
    left, cost = np.asarray(days.told["budget_left"], np.float64), np.asarray(days.cost, np.float64)
    np.testing.assert_allclose(left[0], 0.2, rtol=1e-6)
    before = slice(None, 50)
    np.testing.assert_allclose(left[before], 0.2 - (np.cumsum(cost, 0) - cost)[before], atol=1e-6)
    taken = 0.5 if halved else 1.0  # the half that is left of what was there in the middle
    np.testing.assert_allclose(left[51], taken * left[50] - cost[50], atol=1e-6)
    assert result.allowed == pytest.approx((0.2 - (1 - taken) * left[50]).mean(), rel=1e-4)
    assert (days.told["price"] > 0).all()
