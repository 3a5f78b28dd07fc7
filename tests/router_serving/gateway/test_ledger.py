"""Whatever is heard of calls, in whichever order: nothing stays in flight, and every bill counts once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_serving.gateway.ledger import PENDING, Ledger


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock) -> Ledger:
    return Ledger(3, deadline=60.0, clock=clock, wall=clock)


def call(ledger: Ledger, key="a", model=0, held=1.0, tokens=10.0):
    return ledger.open(key, model, held, tokens, None, is_call=True)


def test_a_call_from_its_decision_to_its_bill(ledger):
    decision = ledger.open(object(), 1, 0.5, 10.0, "note", is_call=False)
    assert ledger.requests.tolist() == [0, 1, 0]
    assert ledger.held == 0.5
    lease = ledger.become_call(decision, "key", 2, 0.7)  # LiteLLM took another model
    assert ledger.requests.tolist() == [0, 0, 1]
    assert ledger.tokens.tolist() == [0, 0, 10]
    assert ledger.held == 0.7
    ledger.finish("key")
    assert ledger.requests.tolist() == [0, 0, 0]
    assert ledger.held == 0.7
    assert ledger.settle("key", 0.2, 1000.0) is lease
    assert (ledger.spent, ledger.held, lease.note) == (0.2, 0.0, "note")


def test_a_key_counts_once(ledger):
    assert call(ledger) is not None
    assert call(ledger) is None
    assert ledger.requests.tolist() == [1, 0, 0]


def test_a_bill_counts_once_and_also_after_the_lease(ledger):
    lease = call(ledger)
    assert ledger.give_up(lease) is lease
    assert ledger.give_up(lease) is None
    assert ledger.settle("a", 0.3, 5.0) is None
    assert ledger.settle("a", 0.3, 5.0) is None
    assert ledger.spent == 0.3


def test_late_word_of_an_earlier_attempt_leaves_the_next_one_alone(ledger, clock):
    first = clock.now
    call(ledger)
    clock.now += 1
    ledger.release("a", first)
    clock.now += 1
    second = clock.now
    call(ledger)
    assert ledger.release("a", first) is None
    assert ledger.requests.tolist() == [1, 0, 0]
    assert ledger.settle("a", 0.1, second) is not None


def test_silence_ends_a_decision_soon_and_a_call_at_the_deadline(ledger, clock):
    ledger.open(object(), 0, 1.0, 1.0, None, is_call=False)
    lease = call(ledger, model=1)
    clock.now += PENDING
    assert [one.is_call for one in ledger.expire()] == [False]
    assert ledger.requests.tolist() == [0, 1, 0]
    clock.now += 60
    assert ledger.expire() == [lease]
    assert ledger.requests.tolist() == [0, 0, 0]


def test_a_call_is_paid_by_the_period_that_it_began_in(ledger):
    call(ledger, held=2.0)
    ledger.begin_period(1)
    assert (ledger.spent, ledger.held) == (0.0, 0.0)
    call(ledger, "b", held=3.0)
    assert ledger.held == 3.0
    ledger.settle("a", 1.0, 1.0)
    ledger.settle("b", 2.0, 2.0)
    assert (ledger.spent, ledger.held) == (2.0, 0.0)


WORDS = ("start", "finish", "bill", "bill", "fail", "late failure", "vanish")
"""What may be heard of a call, each at most a few times and in any order."""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(WORDS), st.floats(0, 1)), max_size=60))
def test_in_any_order_nothing_stays_and_every_bill_counts_once(heard):
    clock = Clock()
    ledger = Ledger(3, deadline=60.0, clock=clock, wall=clock)
    began, leases, bills = {}, {}, {}
    for number, word, cost in heard:
        clock.now += 0.01
        key = f"call {number}"
        if word == "start" and key not in began:
            began[key] = clock.now
        attempt = began.get(key, 0.0)
        if word == "start":
            opened = call(ledger, key, number % 3, held=cost)
            leases[key] = opened or leases.get(key)
        elif word == "finish":
            ledger.finish(key)
        elif word == "bill":
            bills.setdefault((key, attempt), cost)
            ledger.settle(key, cost, attempt)
        elif word == "fail":
            ledger.release(key)
        elif word == "late failure":
            ledger.release(key, attempt)
        elif leases.get(key) is not None:
            ledger.give_up(leases[key])
        assert (ledger.requests >= 0).all()
        assert ledger.spent == pytest.approx(sum(bills.values()))
    clock.now += 61
    ledger.expire()
    assert ledger.requests.tolist() == [0, 0, 0]
    assert ledger.tokens.tolist() == [0, 0, 0]
    assert (ledger.open_leases, ledger.held) == (0, 0.0)
    assert ledger.spent == pytest.approx(sum(bills.values()))
