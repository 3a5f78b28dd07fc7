"""Pacing in the simulator with odd fleets, budgets and prices."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jax_router import DEFAULT_MODELS, make_params, run_episodes
from router_serving.pacing import begin, book, cost_at, cost_ratio, log_price_for, make_plan, set_price
from router_serving.priced_policy import PricedPolicy
from tests.helpers.made_up import by_complexity_and_price
from train.agents.days import run_days
from train.agents.export import rehearse
from train.agents.paced import Paced
from train.agents.strategies import as_strategy, paced, plan_for, preferences, ratio_for_wrong_price
from train.studies.budget_trials import results_rows, trials, try_out
from train.studies.budgets import Trial, run_trial

POLICY = by_complexity_and_price()


@cache
def policy_for(costs: tuple[float, ...]) -> tuple[PricedPolicy, list]:
    """The made-up policy on the preset models at other prices of theirs, rehearsed there."""
    fleet = [replace(model, cost_per_call=cost) for model, cost in zip(DEFAULT_MODELS, costs, strict=True)]
    params = make_params(models=fleet, episode_length=60)
    plan = make_plan(
        *rehearse(preferences(POLICY), params, 0.3, 3000.0, jax.random.key(5)),
        np.asarray(params.traffic.load),
        float(params.steps_per_day),
    )
    return replace(POLICY, plan=plan, mean_costs=np.asarray(params.fleet.cost_per_call)), fleet


FREE = (0.0,) * 5
ONE_FREE = (0.03, 0.003, 0.015, 0.001, 0.0)
FAR_APART = (3e4, 3e3, 1e4, 1e3, 0.0005)
TINY = (3e-8, 3e-9, 1.5e-8, 1e-9, 5e-10)


@pytest.mark.parametrize("costs", [FREE, ONE_FREE, FAR_APART, TINY], ids=["free", "one free", "far apart", "tiny"])
@pytest.mark.parametrize("budget", [0.03, 0.8, 1e9])
def test_a_budget_is_kept_whatever_the_models_cost(costs: tuple[float, ...], budget: float) -> None:
    policy, fleet = policy_for(costs)
    params = make_params(models=fleet, episode_length=60, budget=budget)
    (days, result) = run_trial(policy, params, Trial(budget), jax.random.key(1), 8)[::-1]
    assert result.most_overspent <= 1e-5 * budget
    assert np.isfinite(days.told["price"]).all()
    session = policy.start(budget, 60)
    ticket = session.route(np.full(9, 0.5, np.float32))
    session.charge(ticket, ticket.expected_cost)
    assert np.isfinite(session.cost_ratio)


def test_where_all_is_free_the_price_is_the_lowest() -> None:
    policy, fleet = policy_for(FREE)
    session = policy.start(0.0, 100)
    for _ in range(3):
        ticket = session.route(np.full(9, 0.5, np.float32))
        session.charge(ticket, 0.0)
    assert ticket.price == pytest.approx(policy.min_price)
    assert session.cost_ratio == 1
    assert policy.start(0.0, 100, after=session).route(np.full(9, 0.5, np.float32)).model == ticket.model
    params = make_params(models=fleet, episode_length=60, budget=1.0)
    days = jax.jit(lambda key: run_days(key, paced(policy, params), params, 4))(jax.random.key(0))
    np.testing.assert_allclose(days.told["price"], policy.min_price, rtol=1e-5)
    assert ratio_for_wrong_price(policy, params, 10.0) == 1


def test_a_free_model_is_paced_to_after_the_budget_is_spent() -> None:
    """The reported case: a hundredth of a cent was charged beside models that are free."""
    policy, _ = policy_for(ONE_FREE)
    session = policy.start(0.0, prompts=100)
    session.charge(session.route(np.full(9, 0.3, np.float32)), 0.0001)
    for _ in range(99):
        ticket = session.route(np.full(9, 0.3, np.float32))
        session.charge(ticket, 0.0)
        assert ticket.model == 4


def test_the_table_of_budgets_has_no_infinities_for_a_free_fleet() -> None:
    policy, fleet = policy_for(FREE)
    params = make_params(models=fleet, episode_length=60)
    outcomes = try_out([policy], params, trials([1.0], True, 0.0), jax.random.key(0), 4)
    for row in results_rows(outcomes):
        assert not {"nan", "inf", "-inf", "nan%", "inf%", "-inf%"} & set(row)


plans = st.lists(st.sampled_from([0.0, 1e-9, 0.001, 0.001, 0.03, 1e6]), min_size=2, max_size=6)


@settings(deadline=None)
@given(plans, st.floats(0, 1e6), st.floats(0, 1, exclude_max=True), st.floats(0.0, 1e6))
@example([0.001, 0.0], 1.1754943508222875e-38, 0.0, 648683.7755793557)  # interpolation ended above the last price
def test_serving_and_simulator_find_the_same_price(
    costs: list[float], share: float, time_of_day: float, days: float
) -> None:
    """Flat and steep plans, any time ahead: a finite price within the range, at which what is left is enough."""
    costs = sorted(costs, reverse=True)
    plan = make_plan(np.geomspace(0.3, 3000, len(costs)), np.array(costs)[:, None], np.ones(1), 1440.0)
    log_price = float(log_price_for(plan, share, time_of_day, days, np))
    assert plan.log_prices[0] <= log_price <= plan.log_prices[-1]
    expected = float(cost_at(plan, log_price, time_of_day, np))
    assert expected <= max(share, costs[-1]) * (1 + 1e-6) + 1e-12
    if share >= costs[0]:
        assert log_price == plan.log_prices[0]


@pytest.mark.parametrize("days", [0.3, 1.0, 400.0, 1e5])
def test_many_days_ahead_cost_in_float32_what_they_cost_in_float64(days: float) -> None:
    plan = POLICY.plan
    narrow = plan_for(plan, make_params())
    for time in (0.0, 0.4, 0.999):
        wide = float(log_price_for(plan, 0.002, time, days, np))
        assert float(log_price_for(narrow, jnp.float32(0.002), jnp.float32(time), jnp.float32(days), jnp)) == (
            pytest.approx(wide, abs=2e-3)
        )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0, None, "1", True])
def test_what_is_no_number_is_refused(wrong, key) -> None:
    params = make_params()
    for call, name in (
        (lambda: Trial(wrong), "budget"),
        (lambda: Trial(1.0, wrong), "first_price_factor"),
        (lambda: paced(POLICY, params, cost_ratio=wrong), "cost_ratio"),
        (lambda: ratio_for_wrong_price(POLICY, params, wrong), "factor"),
        (lambda: run_days(key, paced(POLICY, params), params, wrong), "num_episodes"),
    ):
        with pytest.raises(ValueError, match=f"^{name} is "):
            call()
    if wrong is not None:
        with pytest.raises(ValueError, match=r"^price is "):
            as_strategy(POLICY, wrong)


def test_more_prompts_than_float32_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="episode_length is 16777217; it must be a whole number"):
        paced(POLICY, make_params(episode_length=2**24 + 1, budget=1e6))


def test_real_costs_of_nothing_and_plans_of_nothing_divide_nothing() -> None:
    plan = make_plan(np.array([1.0, 10.0]), np.zeros((2, 1)), np.ones(1), 1440.0)
    pace = begin(plan, 1.0, 10.0, 1.0, True, 0.0, 1.0, np)
    assert cost_ratio(pace, np) == 1
    paid = set_price(book(pace, 0.5, 0.0), plan, 0.0, 1.0, 0.0, np)
    assert cost_ratio(paid, np) == 1
    assert np.isfinite(paid.log_price)


def test_a_paced_policy_that_jit_sees_is_the_same(key) -> None:
    params = make_params(episode_length=30, budget=0.05)
    policy = Paced(preferences(POLICY), plan_for(POLICY.plan, params), params)
    episodes = jax.jit(lambda key: run_episodes(key, policy, 4, params))(key)
    assert (episodes.cost <= 0.05).all()
