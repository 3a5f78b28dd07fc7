"""The non-decreasing hull and AIQ against cases worked out by hand, and the hull against its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.evaluation.matched import cheapest_mixture
from train.studies.hull import Hull, average_improvement_in_quality, common_range, non_decreasing_hull


def hull_of(*points: tuple[float, float]) -> Hull:
    return non_decreasing_hull(*np.array(points, np.float64).T)


def corners(hull: Hull) -> list[tuple[float, float]]:
    return list(zip(hull.costs.tolist(), hull.qualities.tolist(), strict=True))


def test_a_router_under_the_line_of_its_neighbours_is_no_corner() -> None:
    assert corners(hull_of((1, 0.2), (3, 0.5), (2, 0.3))) == [(1, 0.2), (3, 0.5)]
    assert corners(hull_of((1, 0.2), (3, 0.5), (2, 0.4))) == [(1, 0.2), (2, 0.4), (3, 0.5)]


def test_beyond_the_best_quality_the_hull_runs_level_to_the_dearest_router() -> None:
    assert corners(hull_of((1, 0.2), (2, 0.6), (4, 0.5))) == [(1, 0.2), (2, 0.6), (4, 0.6)]


def test_a_router_that_is_dearer_and_worse_from_the_start_leaves_a_level_line() -> None:
    assert corners(hull_of((1, 0.5), (3, 0.2))) == [(1, 0.5), (3, 0.5)]


def test_of_equal_costs_the_best_quality_counts_and_one_router_is_a_point() -> None:
    assert corners(hull_of((1, 0.2), (1, 0.4), (1, 0.3), (2, 0.5))) == [(1, 0.4), (2, 0.5)]
    assert corners(hull_of((2, 0.7))) == [(2, 0.7)]


def test_aiq_by_hand() -> None:
    # From 1 to 2 a trapezium of (0.2 + 0.6) / 2, from 2 to 4 a rectangle of 2 * 0.6: 1.6 over a width of 3.
    assert average_improvement_in_quality(hull_of((1, 0.2), (2, 0.6), (4, 0.5)), 1, 4) == pytest.approx(1.6 / 3)
    # Half way up the first edge (0.4) to the corner (0.6), then level for 1: 0.25 + 0.6 over 1.5.
    assert average_improvement_in_quality(hull_of((1, 0.2), (2, 0.6), (4, 0.5)), 1.5, 3) == pytest.approx(0.85 / 1.5)


def test_two_hulls_are_compared_where_both_are_defined() -> None:
    models, agents = hull_of((0.5, 0.7), (1, 0.75), (30, 0.95)), hull_of((1, 0.76), (2, 0.8))
    assert common_range(models, agents) == common_range(agents, models) == (1, 2)
    assert common_range(agents, hull_of((2, 0.9), (3, 0.9))) is None
    assert common_range(agents, hull_of((1.5, 0.9))) is None


@pytest.mark.parametrize(("low", "high"), [(0.5, 2), (1, 5), (2, 2), (3, 2)])
def test_aiq_is_refused_where_the_hull_is_not_defined(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="are not within the hull's, 1 to 4"):
        average_improvement_in_quality(hull_of((1, 0.2), (4, 0.5)), low, high)


routers = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 20)), min_size=1, max_size=8)


@given(routers)
def test_the_hull_is_over_all_routers_and_bends_down_only(points: list[tuple[int, int]]) -> None:
    hull = hull_of(*points)
    costs, qualities = np.array(points, np.float64).T
    assert (hull.quality_at(costs) >= qualities - 1e-9).all()
    slopes = np.diff(hull.qualities) / np.diff(hull.costs)
    assert (slopes >= 0).all()
    assert (np.diff(slopes) < 0).all()
    assert (hull.costs[0], hull.costs[-1]) == (costs.min(), costs.max())


SPREAD = st.sampled_from([0.0, 1e-9, 1e-3, 1.0, 1e3, 1e6])


@given(st.lists(st.tuples(SPREAD, st.sampled_from([0.0, 0.5, 0.75, 1.0])), min_size=1, max_size=8))
def test_a_hull_of_free_equal_and_very_different_costs(points: list[tuple[float, float]]) -> None:
    hull = hull_of(*points)
    costs, qualities = np.array(points).T
    assert (np.diff(hull.costs) > 0).all()
    assert (np.diff(hull.qualities) >= 0).all()
    assert (hull.quality_at(costs) >= qualities - 1e-9).all()
    assert hull.qualities[-1] == qualities.max()
    if len(hull.costs) > 1:
        aiq = average_improvement_in_quality(hull, *hull.costs[[0, -1]])
        assert hull.qualities[0] - 1e-12 <= aiq <= hull.qualities[-1] + 1e-12  # a sum rounds in its last digit
    else:
        assert common_range(hull, hull) is None


@pytest.mark.parametrize("costs", [[np.nan, 1], [], [1, 2, 3], [np.inf, 1], ["1", "2"], [True, False]])
def test_what_is_no_list_of_costs_is_refused(costs) -> None:
    with pytest.raises(ValueError, match="costs"):
        non_decreasing_hull(costs, [0.5, 0.6])


@given(routers)
def test_a_mixture_of_the_routers_has_every_quality_on_the_hull_at_its_cost(points: list[tuple[int, int]]) -> None:
    hull = hull_of(*points)
    costs, qualities = np.array(points, np.float64).T
    rising = np.flatnonzero(np.diff(hull.qualities) > 0)
    for i in rising:
        cost, quality = hull.costs[i : i + 2].mean(), hull.qualities[i : i + 2].mean()
        mixture = cheapest_mixture(costs, qualities, quality)
        assert mixture is not None
        assert mixture.cost == pytest.approx(cost)
