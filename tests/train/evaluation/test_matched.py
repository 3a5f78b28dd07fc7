"""Cost at matched quality against cases solved by hand, and against a linear programme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from train.evaluation.matched import QUALITY_TOLERANCE, cheapest_mixture, saving_at_matched_quality

COSTS = np.array([0.030, 0.003, 0.001])
QUALITIES = np.array([0.95, 0.82, 0.75])


def test_between_two_models_the_cost_is_interpolated() -> None:
    mixture = cheapest_mixture(COSTS, QUALITIES, 0.785)  # half way from 0.75 to 0.82
    assert mixture is not None
    np.testing.assert_allclose(mixture.shares, [0, 0.5, 0.5])
    assert mixture.cost == pytest.approx(0.002)


def test_a_model_above_the_hull_is_left_out() -> None:
    # 0.80 for 0.02 is dearer than mixing its neighbours, which costs 0.0024.
    mixture = cheapest_mixture(np.append(COSTS, 0.02), np.append(QUALITIES, 0.80), 0.80)
    assert mixture is not None
    assert mixture.shares[3] == 0
    assert mixture.cost == pytest.approx(0.001 + 0.002 * 5 / 7)


def test_less_than_the_cheapest_model_costs_what_it_costs() -> None:
    mixture = cheapest_mixture(COSTS, QUALITIES, 0.5)
    assert mixture is not None
    assert mixture.cost == 0.001


def test_more_than_the_best_model_cannot_be_had() -> None:
    assert cheapest_mixture(COSTS, QUALITIES, 0.96) is None


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.floats(0.3, 0.9))
def test_it_is_the_optimum_of_the_linear_programme(num_models: int, seed: int, quality: float) -> None:
    generator = np.random.default_rng(seed)
    costs, qualities = generator.random(num_models), generator.random(num_models)
    mixture = cheapest_mixture(costs, qualities, quality)
    optimum = linprog(costs, A_ub=[-qualities], b_ub=[-quality], A_eq=[np.ones(num_models)], b_eq=[1])
    assert (mixture is None) == (not optimum.success)
    if mixture is not None:
        assert mixture.cost == pytest.approx(optimum.fun, abs=1e-7)
        assert mixture.shares.sum() == pytest.approx(1)
        assert mixture.shares @ qualities >= quality - QUALITY_TOLERANCE
        assert mixture.shares @ costs == pytest.approx(mixture.cost)


def test_the_saving_is_one_less_the_ratio_of_costs() -> None:
    num_episodes, length = 64, 1000
    noise = np.random.default_rng(0).normal(0, 1e-3, num_episodes)
    qualities = QUALITIES[:, None] + noise  # luck that policy and models share
    saving = saving_at_matched_quality(
        policy_cost=np.full(num_episodes, 0.0016 * length),
        policy_quality=0.785 + noise,
        policy_length=np.full(num_episodes, float(length)),
        costs=COSTS,
        qualities=qualities,
    )
    assert saving is not None
    assert saving.mean == pytest.approx(1 - 1.6 / 2.0, rel=1e-6)
    assert saving.low == pytest.approx(0.2, abs=1e-3)
    assert saving.high == pytest.approx(0.2, abs=1e-3)


COST_OF_ANY_SIZE = st.sampled_from([0.0, 1e-9, 1e-3, 1.0, 1e3]) | st.floats(1e-9, 1e6)


@settings(deadline=None)
@given(
    st.lists(st.tuples(COST_OF_ANY_SIZE, st.sampled_from([0.7, 0.8, 0.9])), min_size=1, max_size=6), st.floats(0.6, 0.9)
)
def test_no_mixture_is_worse_than_one_of_its_models(models: list[tuple[float, float]], quality: float) -> None:
    """Free, equal or a million times dearer: no model that is as good costs less, or is better and costs no more."""
    costs, qualities = np.array(models).T
    mixture = cheapest_mixture(costs, qualities, quality)
    if mixture is None:
        assert qualities.max() < quality
        return
    reached = mixture.shares @ qualities
    assert reached >= quality - QUALITY_TOLERANCE
    good = qualities >= quality
    assert (costs[good] >= mixture.cost * (1 - 1e-9)).all()
    assert (qualities[costs <= mixture.cost] <= reached + 1e-12).all()


def test_of_models_of_one_price_the_best_is_taken() -> None:
    mixture = cheapest_mixture(np.full(3, 0.1), np.array([0.7, 0.9, 0.8]), 0.73)
    assert mixture is not None
    np.testing.assert_array_equal(mixture.shares, [0, 1, 0])


def test_a_quality_that_rounding_lifts_above_the_best_model_can_still_be_had() -> None:
    mixture = cheapest_mixture(COSTS, QUALITIES, np.nextafter(0.95, 1))
    assert mixture is not None
    np.testing.assert_allclose(mixture.shares, [1, 0, 0])


@pytest.mark.parametrize(
    ("costs", "qualities", "quality", "field"),
    [
        ([np.nan, 1], [0.5, 0.6], 0.5, "costs holds nan at 0"),
        ([-1.0, 1], [0.5, 0.6], 0.5, "costs holds -1 at 0"),
        ([1, 1], [0.5, np.inf], 0.5, "qualities holds inf at 1"),
        ([1, 1], [0.5, 0.6], np.nan, "quality is nan"),
        ([1, 1, 1], [0.5, 0.6], 0.5, "3 costs and 2 qualities"),
        ([], [], 0.5, "costs is"),
    ],
)
def test_what_is_no_number_is_refused(costs, qualities, quality, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        cheapest_mixture(costs, qualities, quality)


def test_against_a_free_mixture_there_is_nothing_to_save() -> None:
    one = np.ones(4)
    paid = [
        saving_at_matched_quality(cost * one, 0.75 * one, 10 * one, np.array([0.0, 1.0]), QUALITIES[:2, None] * one)
        for cost in (0.0, 2.0)
    ]
    assert paid == [None, None]


def test_no_saving_where_no_mixture_is_that_good() -> None:
    one = np.ones(4)
    assert saving_at_matched_quality(one, 0.99 * one, 1000 * one, COSTS, QUALITIES[:, None] * one) is None
