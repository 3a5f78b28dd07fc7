"""Sessions: no cent over the budget whatever comes in which order, and a day as the simulator has it."""

import json
import threading
from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_router import make_params
from jax_router.rollout import run_steps
from router_serving import PricedPolicy, Session
from router_serving.saved_session import from_json, to_json
from tests.helpers.made_up import PARAMS, by_complexity_and_price
from train.agents.strategies import paced

POLICY = by_complexity_and_price()
CHEAPEST = float(POLICY.mean_costs.min())
SEEN = np.full(9, 0.5, np.float32)


@pytest.fixture
def policy() -> PricedPolicy:
    return POLICY


def at(time_of_day: float, seed: int = 0) -> np.ndarray:
    observation = np.random.default_rng(seed).random(9).astype(np.float32)
    observation[7] = time_of_day
    return observation


def test_serving_routes_a_day_as_the_simulator_does(policy) -> None:
    """The observations of a paced episode, one by one: the same models, prompt by prompt, and the same money left."""
    params = make_params(episode_length=300, budget=0.4)
    _, seen = jax.device_get(run_steps(jax.random.key(1), paced(policy, params), 1, 300, params))
    session = policy.start(0.4, 300)
    models = []
    for observation in seen.observation[:, 0]:
        ticket = session.route(observation)
        session.charge(ticket, float(policy.mean_costs[ticket.model]))
        models.append(ticket.model)
    # Prices agree to float32: where two models are as good as equal, the choice may differ.
    assert np.mean(np.array(models) == seen.action[:, 0]) > 0.99
    assert 0 <= session.budget_left < 0.002
    assert len(set(models)) > 2
    assert session.prompts_left == 0


def a_day_of_prompts() -> np.ndarray:
    """Times of day of some 2,000 prompts that come where the load is; the day begins at 07:12."""
    generator = np.random.default_rng(0)
    times = np.arange(0, 1, 1e-5)
    times = times[
        generator.random(len(times)) < 2000 * 1e-5 * np.asarray(PARAMS.traffic.load)[(times * 96).astype(int)]
    ]
    return times[np.argsort((times - 0.3) % 1)]


@pytest.mark.parametrize("has_clock", [False, True])
def test_without_a_number_of_prompts_it_paces_by_the_load(policy, has_clock: bool) -> None:
    """Nothing is left at the end of the day, and nothing was missing."""
    session = policy.start(3.0, days=1.0)
    left_at_noon = None
    for i, time in enumerate(a_day_of_prompts()):
        seconds = ((time - 0.3) % 1) * 86_400 + 1e9 if has_clock else None
        ticket = session.route(at(time, i), seconds=seconds)
        session.charge(ticket, float(policy.mean_costs[ticket.model]))
        if left_at_noon is None and time > 0.5:
            left_at_noon = session.budget_left
    assert 0 <= session.budget_left < 0.15
    # The fifth of the day before noon is busy: 1 + sin(2 pi (t - 0.125)) / 2 integrates to 0.292 there.
    assert left_at_noon == pytest.approx(3 * (1 - 0.292), abs=0.15)


@settings(max_examples=60, deadline=None)
@given(prompts=st.integers(1, 40), spare=st.floats(0, 0.3), data=st.data())
def test_no_order_of_bills_ever_overspends(prompts: int, spare: float, data) -> None:
    """Any number of prompts in flight, bills in any order, of at most what was expected, and some that never come."""
    budget = CHEAPEST * prompts * (1 + 1e-6) + spare
    session, waiting, spent, cancelled = POLICY.start(budget, prompts), [], 0.0, 0
    for i in range(prompts):
        waiting.append(session.route(at(i / 1000, i)))
        while waiting and data.draw(st.booleans()):
            ticket = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
            if data.draw(st.integers(0, 5)) == 0:
                session.cancel(ticket)
                cancelled += 1
            else:
                cost = ticket.expected_cost * data.draw(st.floats(0, 1))
                session.charge(ticket, cost)
                spent += cost
        assert spent + session.held_back <= budget * (1 + 1e-9)
        assert session.held_back == pytest.approx(sum(ticket.expected_cost for ticket in waiting))
        if data.draw(st.booleans()):
            session = from_json(POLICY, to_json(session))
    for ticket in waiting:
        session.charge(ticket, ticket.expected_cost)
        spent += ticket.expected_cost
    assert session.budget_left == pytest.approx(budget - spent, abs=1e-9)
    assert session.prompts_left == 0


def test_a_hundred_prompts_in_flight_overspend_nothing(policy) -> None:
    session = policy.start(0.1, prompts=100)
    tickets = [session.route(at(0.3, i)) for i in range(100)]
    assert session.held_back <= 0.1
    for ticket in reversed(tickets):
        session.charge(ticket, ticket.expected_cost)
    assert session.budget_left >= 0
    assert session.held_back == 0


def test_eight_threads_share_one_session(policy) -> None:
    session = policy.start(1.0, prompts=400)
    spent = []

    def route_fifty(seed: int) -> None:
        for i in range(50):
            ticket = session.route(at(0.2, 100 * seed + i))
            session.charge(ticket, ticket.expected_cost)
            spent.append(ticket.expected_cost)

    threads = [threading.Thread(target=route_fifty, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spent) == 400
    assert session.budget_left == pytest.approx(1.0 - sum(spent), abs=1e-9)
    assert session.prompts_left == 0
    assert session.open_tickets == ()


def test_a_saved_session_goes_on_as_if_nothing_had_been(policy) -> None:
    session = policy.start(0.5, days=2.0)
    tickets = [session.route(at(0.1 + i / 100, i), seconds=600.0 * i) for i in range(10)]
    session.charge(tickets[3], 0.002)
    copy = from_json(policy, to_json(session))
    for one in (session, copy):
        one.charge(tickets[5], 0.004)
        one.cancel(tickets[0])
    for i in range(10, 30):
        assert copy.route(at(0.2, i), seconds=600.0 * i) == session.route(at(0.2, i), seconds=600.0 * i)
    assert (copy.budget_left, copy.held_back, copy.price) == (session.budget_left, session.held_back, session.price)
    assert (copy.days_left, copy.prompts_left) == (session.days_left, session.prompts_left)


@pytest.mark.parametrize("text", ["", "{}", "[1]", json.dumps({"format": "jax-router-session", "version": 9})])
def test_a_text_that_is_no_session_is_refused(policy, text: str) -> None:
    with pytest.raises(ValueError, match="not a saved session of this policy"):
        from_json(policy, text)


def test_a_session_of_another_fleet_is_refused(policy) -> None:
    models = tuple({**model, "name": model["name"] + "-2"} for model in policy.origin.models)
    other = replace(policy, origin=replace(policy.origin, models=models))
    with pytest.raises(ValueError, match=r"it routes to tier1_large, .*, and the policy to tier1_large-2"):
        from_json(other, to_json(policy.start(1.0, 10)))


def test_a_model_in_cooldown_gets_nothing(policy) -> None:
    session = policy.start(10.0, prompts=1000)
    favourite = session.route(SEEN).model
    allowed = np.ones(5, np.bool_)
    allowed[favourite] = False
    assert session.route(SEEN, allowed).model != favourite
    assert session.route(SEEN, np.eye(5, dtype=bool)[0]).model == 0  # the only one, dear as it is


def test_the_price_of_each_prompt_may_be_told(policy) -> None:
    session = policy.start(1.0, prompts=100)
    ticket = session.route(SEEN, costs=[0.5, 0.0002, 0.5, 0.5, 0.5])
    assert (ticket.model, ticket.expected_cost) == (1, pytest.approx(0.0002))


def test_what_costs_nothing_is_routed_to_whatever_the_budget_says(policy) -> None:
    costs = policy.mean_costs.copy()
    costs[4] = 0.0
    free = replace(policy, mean_costs=costs)
    session = free.start(0.0, prompts=100)
    session.charge(session.route(SEEN), 0.0001)  # a retry was billed all the same
    assert session.budget_left < 0
    assert session.route(SEEN).model == 4


def test_real_costs_are_remembered_in_the_next_session(policy) -> None:
    session = policy.start(10.0, prompts=1000)
    for i in range(100):
        session.charge(session.route(at(0.2, i)), 0.01)
    assert session.cost_ratio > 2
    assert policy.start(10.0, 1000, after=session).cost_ratio == session.cost_ratio
    assert policy.start(10.0, 1000).cost_ratio == 1


def closed(session: Session) -> None:
    ticket = session.route(SEEN)
    session.charge(ticket, 0.001)
    session.charge(ticket, 0.001)


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda p: p.start(0.4, 1000), "1000 prompts cost 0.5 USD at the cheapest model"),
        (lambda p: p.start(np.nan, 1000), "budget is nan"),
        (lambda p: p.start("1", 1000), "budget is '1'"),
        (lambda p: p.start(True, 1000), "budget is True"),
        (lambda p: p.start(1.0), "either the number of prompts or the days"),
        (lambda p: p.start(1.0, 10, days=1), "either the number of prompts or the days"),
        (lambda p: p.start(1.0, 0), "prompts is 0; it must be a whole number, at least 1"),
        (lambda p: p.start(1.0, 2.5), "prompts is 2.5; it must be a whole number, at least 1"),
        (lambda p: p.start(1.0, days=np.inf), "days is inf"),
        (lambda p: p.start(1.0, 10).price, "there is no price yet"),
        (lambda p: p.start(1.0, 10).route(SEEN[None]), "one at a time"),
        (lambda p: p.start(1.0, 10).route(SEEN[:5]), r"takes \(n, 9\)"),
        (lambda p: p.start(1.0, 10).route(SEEN * np.nan), "observation holds nan"),
        (lambda p: p.start(1.0, 10).route(SEEN, np.zeros(5, bool)), "at least one must be allowed"),
        (lambda p: p.start(1.0, 10).route(SEEN, [1, 1, 1, 1, 1]), "it must be 5 bools"),
        (lambda p: p.start(1.0, 10).route(SEEN, costs=[1.0]), "it must be 5 numbers of at least 0, USD"),
        (lambda p: p.start(1.0, 10).route(SEEN, seconds=np.nan), "seconds is nan"),
        (lambda p: p.start(1.0, 10).charge(p.start(1.0, 10).route(SEEN), 0.1), "this session's route"),
        (lambda p: p.start(1.0, 10).charge(None, 0.1), "this session's route"),
        (lambda p: closed(p.start(1.0, 10)), "ticket 0 is not open: it was charged or cancelled already"),
    ],
)
def test_misuse_says_what_to_do(policy, misuse, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        misuse(policy)


@pytest.mark.parametrize("cost", [-1.0, np.nan, np.inf, None, "0.1", True])
def test_a_refused_bill_changes_nothing(policy, cost) -> None:
    session = policy.start(1.0, 10)
    ticket = session.route(SEEN)
    before = to_json(session)
    with pytest.raises(ValueError, match="cost is"):
        session.charge(ticket, cost)
    with pytest.raises(ValueError, match="observation"):
        session.route(np.full(9, np.inf))
    assert to_json(session) == before
    session.charge(ticket, 0.001)
    assert session.budget_left == pytest.approx(0.999)


def test_a_spent_budget_is_said(policy) -> None:
    session = policy.start(1.0, 10)
    session.charge(session.route(SEEN), 1.0)
    with pytest.raises(ValueError, match="the budget is spent: 0 USD are free"):
        session.route(SEEN)
