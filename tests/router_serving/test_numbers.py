"""Numbers that a session is handed: whatever they are, it either goes on right or refuses them and is as it was."""

import json
import math
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router_serving.numbers import finite_array, finite_number, whole_number
from router_serving.saved_session import from_json, to_json
from tests.helpers.made_up import by_complexity_and_price

POLICY = by_complexity_and_price()
CHEAPEST = float(POLICY.mean_costs.min())
SEEN = np.full(9, 0.5, np.float32)
NO_NUMBERS = [None, True, np.True_, "3", [1], 1 + 2j, math.nan, math.inf, -math.inf, 10**400, 1e31]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused_by_name(value) -> None:
    with pytest.raises(ValueError, match=r"^field is "):
        finite_number("field", value)
    with pytest.raises(ValueError, match=r"^field is "):
        whole_number("field", value, at_least=0)


@pytest.mark.parametrize(
    "value", [[0.1, True], [[0.1], [np.True_]], [0.1, None], ["0.1"], [[1], [1, 2]], [0.1, math.nan]]
)
def test_what_holds_no_number_is_no_observation(value) -> None:
    with pytest.raises(ValueError, match=r"^field (is|holds) .*number"):
        finite_array("field", value)


def test_prices_are_one_or_one_for_each_observation() -> None:
    assert POLICY.act(np.stack([SEEN, SEEN]), [1.0, 2.0]).shape == (2,)
    with pytest.raises(ValueError, match="price has shape"):
        POLICY.act(np.stack([SEEN, SEEN]), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="price has shape"):
        POLICY.act(SEEN, [1.0, 2.0])
    for price in (0.0, -1.0, math.nan, None, "1", True, [True, 1.0]):
        with pytest.raises(ValueError, match="price"):
            POLICY.act(np.stack([SEEN, SEEN]), price)


any_number = st.one_of(st.floats(), st.sampled_from([*NO_NUMBERS, -1, 0, 0.5, 2**53 + 1, 1e-40, 1e30]))


@settings(deadline=None)
@given(any_number, any_number, any_number, st.lists(any_number, min_size=9, max_size=9), any_number)
def test_a_refused_call_changes_nothing(cost, seconds, expected, observation, time_of_day) -> None:
    """Each call by itself, then good ones: they give what they give to a session that never saw the wrong ones."""
    session = POLICY.start(0.9, 1000)
    session.id = "the same"
    session.charge(session.route(SEEN, seconds=0.0), 0.001)
    ticket = session.route(SEEN, seconds=10.0)
    other = from_json(POLICY, to_json(session))
    calls = [
        lambda: session.charge(ticket, cost),
        lambda: session.route(SEEN, seconds=seconds),
        lambda: session.route(SEEN, costs=[expected] * 5),
        lambda: session.route(observation),
        lambda: session.route([*SEEN[:7], time_of_day, 0.5]),
    ]
    for call in calls:
        before = to_json(session)
        with suppress(ValueError):
            call()
            session = from_json(POLICY, before)  # it was a good one
        assert to_json(session) == before
    assert to_json(session) == to_json(other)
    for one in (session, other):
        one.charge(one.route(SEEN, seconds=20.0), 0.002)
    assert to_json(session) == to_json(other)


@settings(deadline=None, max_examples=200)
@given(
    budget=st.floats(0.8, 1e9),
    prompts=st.integers(1, 10**9),
    bills=st.lists(st.floats(0, 1), min_size=1, max_size=20),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
)
@example(budget=0.8, prompts=1600, bills=[1.0], scale=1.0)
@example(budget=1e9, prompts=1, bills=[1.0], scale=1e6)
def test_budgets_and_prompts_of_any_size(budget: float, prompts: int, bills: list[float], scale: float) -> None:
    """What comes out of a session is finite, its price in the policy's range, and its account right to the cent."""
    policy = replace(POLICY, mean_costs=POLICY.mean_costs * np.float32(scale))
    smallest = float(policy.mean_costs.min()) * prompts
    if budget < smallest:
        with pytest.raises(ValueError, match=r"^budget is .* USD; .* prompts cost .* USD at the cheapest model"):
            policy.start(budget * 0.99, prompts)
        budget = smallest
    session = policy.start(budget, prompts)
    spent = 0.0
    for i, bill in enumerate(bills[:prompts]):
        observation = np.random.default_rng(i).random(9).astype(np.float32)
        ticket = session.route(observation)
        assert policy.min_price * 0.999 <= ticket.price <= policy.max_price * 1.001
        spent += bill * ticket.expected_cost
        session.charge(ticket, bill * ticket.expected_cost)
        assert session.budget_left == pytest.approx(budget - spent, rel=1e-9)
    assert session.prompts_left == prompts - len(bills[:prompts])
    assert math.isfinite(session.cost_ratio)
    assert math.isfinite(session.days_left)


@settings(deadline=None, max_examples=200)
@given(
    days=st.floats(1e-6, 1e6),
    budget=st.floats(0.8, 1e9),
    silences=st.lists(st.floats(0, 1e7), min_size=1, max_size=20),
)
@example(days=30.0, budget=100.0, silences=[100.0, 3 * 86_400.0, 5.0, 10 * 86_400.0, 1.0])
@example(days=1e6, budget=0.8, silences=[1e7, 0.0, 1e7])
def test_periods_and_silences_of_any_length(days: float, budget: float, silences: list[float]) -> None:
    session, now = POLICY.start(budget, days=days), 1e9
    for i, silence in enumerate(silences):
        observation = np.random.default_rng(i).random(9).astype(np.float32)
        observation[7] = now / 86_400 % 1
        ticket = session.route(observation, seconds=now)
        session.charge(ticket, CHEAPEST)
        assert POLICY.min_price * 0.999 <= ticket.price <= POLICY.max_price * 1.001
        assert session.days_left == pytest.approx(days - (now - 1e9) / 86_400, abs=1e-9 * (1 + now / 86_400))
        assert 0 <= session.prompts_left < math.inf
        now += silence


@pytest.mark.parametrize("gap_days", [1.5, 2.0, 7.0])
def test_a_month_with_silence_of_days_is_spent_to_its_end(gap_days: float) -> None:
    """Prompts that come one at a time, days apart: each gets the same part of the budget."""
    days, costs = 60.0, []
    count = int(days / gap_days)
    session = POLICY.start(0.004 * count, days=days)
    for i in range(count):
        observation = np.full(9, 0.9, np.float32)
        observation[7] = i * gap_days % 1
        ticket = session.route(observation, seconds=i * gap_days * 86_400)
        session.charge(ticket, ticket.expected_cost)
        costs.append(ticket.expected_cost)
    assert session.budget_left >= 0
    # The third third costs what the second does: nothing ran dry, and nothing was saved up.
    third = count // 3
    assert sum(costs[2 * third : 3 * third]) == pytest.approx(sum(costs[third : 2 * third]), rel=0.5)


@pytest.mark.parametrize("field", ["number", "model", "price", "expected_cost", "planned_cost"])
@pytest.mark.parametrize("value", [None, "1", -1, math.nan, math.inf, True, 99])
def test_a_saved_ticket_with_a_number_that_is_none_is_refused(field: str, value) -> None:
    session = POLICY.start(1.0, 10)
    session.route(SEEN)
    state = json.loads(to_json(session))
    state["tickets"][0][field] = value
    if value == 99 and field not in ("number", "model"):
        from_json(POLICY, json.dumps(state))
        return
    with pytest.raises(ValueError, match="not a saved session of this policy"):
        from_json(POLICY, json.dumps(state))
