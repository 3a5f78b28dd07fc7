"""No bound, at any prices, lies under what an exact program earns; and its slope is its slope."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.tiny_routing import best_reward, random_prices, tiny_problem
from train.bounds.endings import ending
from train.bounds.gradient import value_and_slope
from train.bounds.minimise import search_prices
from train.bounds.problem import Prices, RelaxedProblem, carried
from train.bounds.relaxation import best_of_each_prompt, relaxed_value

NUM_PROBLEMS, NUM_PRICES = 300, 40


@pytest.fixture(scope="module")
def bounds():
    """Of every problem, its best reward, (P, 1), at each of its prices the relaxed value and the end, (P, M), and
    whether its budget can end, (P,)."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(NUM_PROBLEMS):
        problem = tiny_problem(rng, NUM_PRICES)
        prices = some_near_the_best(rng, problem)
        values = relaxed_value(problem, prices), ending(problem, prices)
        rows.append((best_reward(problem), *values, problem.can_run_dry))
    best, relaxed, ends, can_run_dry = map(np.array, zip(*rows, strict=True))
    return best[:, None], relaxed, ends, can_run_dry


def some_near_the_best(rng: np.random.Generator, problem: RelaxedProblem) -> Prices:
    """Random prices, half of them near the best ones, where a bound is tight."""
    prices = random_prices(rng, problem)
    found, _ = search_prices(replace(problem, size_weights=problem.size_weights[:1]), 60, 25)
    knots = np.stack([found.at(step) for step in range(problem.num_steps)], 1)
    near = knots + 0.02 * rng.normal(size=prices.knots.shape)
    half = np.arange(NUM_PRICES) < NUM_PRICES // 2
    money = np.where(half, found.money, prices.money)
    return Prices(np.where(half[:, None, None, None], near, prices.knots), prices.steps, money)


def test_no_bound_is_below_the_best_policy(bounds):
    best, relaxed, ends, _ = bounds
    assert relaxed.size >= 10_000
    assert (relaxed + ends - best).min() > -1e-9


def test_the_best_of_each_prompt_is_no_less_than_the_best_policy():
    rng = np.random.default_rng(3)
    problems = [tiny_problem(rng, 1) for _ in range(100)]
    room = np.array([best_of_each_prompt(problem) - best_reward(problem) for problem in problems])
    assert room.min() > -1e-9
    assert np.median(room) < 2


def test_without_the_end_some_would_be(bounds):
    best, relaxed, _, _ = bounds
    assert (relaxed < best - 1e-6).sum() > 100


def test_without_a_budget_a_tiny_bound_is_close_to_the_best_policy(bounds):
    best, relaxed, ends, can_run_dry = bounds
    gap = (relaxed + ends - best).min(1)[~can_run_dry]
    assert len(gap) > 20
    assert np.median(gap) < 0.05


def test_slopes_are_differences_of_values():
    rng = np.random.default_rng(1)
    problem = tiny_problem(rng, 5)
    prices = random_prices(rng, problem)
    way, money = rng.normal(size=prices.knots.shape), np.abs(rng.normal(size=5))
    step = 1e-6

    def moved(by: float) -> np.ndarray:
        return relaxed_value(problem, Prices(prices.knots + by * way, prices.steps, prices.money + by * money))

    value, by_knot, by_money = value_and_slope(problem, prices)
    slope = (by_knot * way).sum((1, 2, 3)) + by_money * money
    np.testing.assert_allclose(value, relaxed_value(problem, prices), rtol=1e-12)
    np.testing.assert_allclose((moved(step) - moved(-step)) / (2 * step), slope, rtol=1e-5, atol=1e-6)


def test_a_bound_is_a_convex_function_of_its_prices():
    rng = np.random.default_rng(2)
    problem = tiny_problem(rng, 50)
    one = random_prices(rng, problem)
    other = random_prices(rng, problem)
    middle = Prices((one.knots + other.knots) / 2, one.steps, (one.money + other.money) / 2)
    ends = relaxed_value(problem, one) + relaxed_value(problem, other)
    assert (relaxed_value(problem, middle) <= ends / 2 + 1e-12).all()


def test_a_search_that_has_no_time_returns_its_first_prices():
    problem = tiny_problem(np.random.default_rng(3), 2)
    _, count = search_prices(problem, seconds=0.0, max_evaluations=50)
    assert count == 1


def test_a_longer_search_finds_a_lower_bound():
    problem = tiny_problem(np.random.default_rng(5), 2)  # where the first prices are not the best already
    told = []
    search_prices(problem, 60, 30, lambda count, bound: told.append((count, bound)))
    assert [count for count, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][1] < told[0][1]


def test_prices_that_are_carried_stay_what_they_were_at_common_nodes():
    rng = np.random.default_rng(5)
    problem = tiny_problem(rng, 2)
    prices = random_prices(rng, problem)
    finer = replace(problem, kind_nodes=(np.linspace(0, 2, 5),), sizes=np.linspace(0, 1, 3))
    knots = carried(prices, problem, finer).knots
    np.testing.assert_allclose(knots[:, :, ::2, ::2], prices.knots, atol=1e-12)
    np.testing.assert_allclose(knots[:, :, 1, 0], (prices.knots[:, :, 0, 0] + prices.knots[:, :, 1, 0]) / 2)
