"""The rule of pacing: closed forms, and with floats it is the same as with JAX."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import make_params
from router_serving import floats
from router_serving.pacing import (
    COST_MEMORY,
    PRIOR_PROMPTS,
    Pace,
    Plan,
    affordable,
    begin,
    book,
    check_budget,
    cost_at,
    make_plan,
    pass_prompt,
    set_price,
    work,
)

COSTS = np.array([0.03, 0.003, 0.015, 0.001, 0.0005])
LOAD = np.asarray(make_params().traffic.load)
PRICES = np.array([1, 10, 100, 1000], np.float32)
AT_NIGHT = np.array([0.004, 0.002, 0.001, 0.0005])
PLAN = make_plan(PRICES, np.stack([AT_NIGHT, 2 * AT_NIGHT], axis=1), LOAD, prompts_per_day=1000)
"""Prompts cost twice as much in the second half of the day."""
IN_JAX = Plan(*(jnp.asarray(part, jnp.float32) for part in PLAN))


def pace(budget: float = 1.0, prompts: float = 100.0, cost_ratio: float = 1.0) -> Pace:
    return begin(PLAN, budget, prompts, 1.0, True, 0.0, cost_ratio, floats)


@pytest.mark.parametrize(
    ("share", "time", "days", "price"),
    [
        (0.002, 0.1, 0.2, 10),
        (0.002, 0.6, 0.2, 100),
        (0.003, 0.0, 1.0, 10),  # all day: 0.006, 0.003, 0.0015, 0.00075
        (0.003, 0.3, 7.0, 10),
        (0.002, 0.4, 0.1, 10),
        (0.003, 0.4, 0.2, 10),  # half of it after noon
        (1.0, 0.1, 0.2, 1),  # more than anything costs
        (0.0001, 0.1, 0.2, 1000),  # less
    ],
)
def test_the_price_is_the_one_at_which_the_rest_costs_what_is_left(share, time, days, price) -> None:
    after = set_price(pace(100 * share), PLAN, time, days, 0.0, floats)
    assert np.exp(after.log_price) == pytest.approx(price, rel=1e-6)
    owing = set_price(pace(100 * share + 5), PLAN, time, days, 5.0, floats)
    assert owing.log_price == pytest.approx(after.log_price, abs=1e-9)


def test_where_prompts_are_dearer_than_planned_a_share_buys_less() -> None:
    after = set_price(pace(0.4, cost_ratio=2.0), PLAN, 0.1, 0.1, 0.0, floats)
    assert np.exp(after.log_price) == pytest.approx(10, rel=1e-6)


@pytest.mark.parametrize("dearness", [0.5, 1.0, 3.0])
def test_what_prompts_really_cost_is_learned(dearness: float) -> None:
    """A first guess that is wrong by a factor of 10 is outweighed by the prompts that come."""
    now = pace(prompts=1e6, budget=1e3, cost_ratio=10.0)
    for _ in range(300):
        now = set_price(now, PLAN, 0.1, 0.1, 0.0, floats)
        planned = cost_at(PLAN, now.log_price, 0.1, floats)
        now = book(pass_prompt(now, 1.0, floats), dearness * planned, planned)
    assert now.spent / now.expected == pytest.approx(dearness, abs=0.1 * abs(10 - dearness))
    assert now.num_prompts == 300
    assert now.period_left == 1e6 - 300


def test_the_plan_counts_as_much_as_a_few_prompts() -> None:
    planned = cost_at(PLAN, pace().log_price, 0.0, floats)
    after = book(pace(), 3 * planned, planned)
    kept = PRIOR_PROMPTS * (1 - COST_MEMORY)
    assert after.spent / after.expected == pytest.approx((kept + 3) / (kept + 1), rel=1e-9)


@pytest.mark.parametrize(
    ("budget", "held", "models"),
    [(0.00751, 0.0, [1, 3, 4]), (0.00749, 0.0, [3, 4]), (0.01751, 0.01, [1, 3, 4]), (0.0, 0.0, [4])],
)
def test_a_model_is_affordable_if_it_leaves_enough_for_the_cheapest(budget: float, held: float, models) -> None:
    """10 prompts to come and 0.0075 USD: 9 later ones at 0.0005 leave 0.003."""
    within = affordable(pace(budget, 10), COSTS, COSTS.min(), held, floats)
    np.testing.assert_array_equal(np.flatnonzero(within), models)


def run(xp: Any, plan: Plan, by_time: bool) -> list[tuple[float, list[bool]]]:
    """A day and a half with prompts that cost twice what was planned: the prices, and what was affordable."""
    generator = np.random.default_rng(0)
    number = (lambda x: jnp.float32(x)) if xp is jnp else float
    length, gap = 500, 0.003

    def one(now: Pace, time: Any, left: Any, cost: Any) -> tuple[Pace, Any, Any]:
        now = set_price(now, plan, time, left, number(0.0), xp)
        within = affordable(now, COSTS.astype(plan.cost.dtype), number(COSTS.min()), number(0.0), xp)
        taken = work(plan, time, number(gap), xp) if by_time else number(1.0)
        planned = cost_at(plan, now.log_price, time, xp)
        return book(pass_prompt(now, taken, xp), cost * planned, planned), now.log_price, within

    step = jax.jit(one) if xp is jnp else one
    period = work(plan, number(0.7), number(1.5), xp) if by_time else number(length)
    known = jnp.bool_(not by_time) if xp is jnp else not by_time
    now = begin(plan, number(2.0), period, number(not by_time), known, number(0.7), number(1.0), xp)
    seen = []
    for i in range(length):
        time, left = number((0.7 + i * gap) % 1.0), number(1.5 - i * gap)
        now, log_price, within = step(now, time, left, number(2 * generator.uniform(0.5, 1.5)))
        seen.append((float(log_price), np.asarray(within).tolist()))
    assert float(now.spent / now.expected) == pytest.approx(2, rel=0.1)
    return seen


@pytest.mark.parametrize("by_time", [False, True])
def test_floats_and_jax_pace_alike(by_time: bool) -> None:
    served, simulated = run(floats, PLAN, by_time), run(jnp, IN_JAX, by_time)
    np.testing.assert_allclose([price for price, _ in simulated], [price for price, _ in served], atol=5e-3)
    assert [within for _, within in served] == [within for _, within in simulated]
    assert len({tuple(within) for _, within in served}) > 1


@pytest.mark.parametrize(("start", "days"), [(0.0, 1.0), (0.3, 0.0), (0.9, 0.4), (0.25, 2.5), (0.7, 0.001)])
def test_work_is_the_integral_of_the_load(start: float, days: float) -> None:
    grid = start + (np.arange(400_000) + 0.5) / 400_000 * days
    expected = LOAD[(grid % 1 * len(LOAD)).astype(int)].mean(dtype=np.float64) * days
    assert work(PLAN, start, days, floats) == pytest.approx(expected, abs=2e-5)
    assert work(IN_JAX, jnp.float32(start), jnp.float32(days), jnp) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("log_price", [-1.0, 0.0, 0.3, 2.0, np.log(1000), 9.0])
def test_costs_between_prices_are_numpys_interpolation(log_price: float) -> None:
    assert cost_at(PLAN, log_price, 0.7, floats) == pytest.approx(np.interp(log_price, np.log(PRICES), 2 * AT_NIGHT))


def test_where_prices_cost_the_same_the_highest_of_them_is_set() -> None:
    """A plan that is flat from 10 to 100: a share of that cost is spent at the price from which on it would fall."""
    flat = make_plan(PRICES, np.array([[4.0], [2.0], [2.0], [1.0]]), np.ones(1), 1000)
    assert np.exp(set_price(pace(200), flat, 0.1, 1.0, 0.0, np).log_price) == pytest.approx(100)


@pytest.mark.parametrize("prompts", [1, 1000, 10**9])
def test_a_budget_that_the_cheapest_model_exceeds_is_refused(prompts: int) -> None:
    check_budget(0.0005 * prompts, prompts, COSTS.astype(np.float32))
    with pytest.raises(ValueError, match=rf"budget is .* USD; {prompts} prompts cost .* USD at the cheapest model"):
        check_budget(0.0004 * prompts, prompts, COSTS)
