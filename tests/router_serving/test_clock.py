"""A period by a clock that does what clocks do: none of it ends the period early, lengthens it or loses money."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_serving.clock import read, start
from tests.helpers.made_up import by_complexity_and_price

POLICY = by_complexity_and_price()
DAY = 86_400.0


def passed(*readings: float) -> float:
    clock = start(readings[0])
    for reading in readings[1:]:
        clock = read(clock, reading)
    return clock.elapsed


@pytest.mark.parametrize(
    ("readings", "elapsed"),
    [
        ((5, 6, 8), 3),
        ((5, 5, 5), 0),  # it stands still
        ((0, 3 * DAY), 3 * DAY),  # silence of days is time, too
        ((0, 10, 10 + 3 * DAY, 20, 30), 30),  # set wrong by three days, and right again
        ((0, 10, 20, 20 - 3600, 30 - 3600), 30 - 10),  # set back an hour for good: only the longest step is given back
        ((1e9, 1e9 + 10, 0, 10), 10),  # another clock, from 0 on
    ],
)
def test_what_has_passed(readings, elapsed: float) -> None:
    assert passed(*readings) == pytest.approx(elapsed)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30))
def test_no_reading_makes_time_negative(readings: list[float]) -> None:
    assert passed(*readings) >= 0


def serve(clock, num_prompts: int = 2000, budget: float = 3.0) -> tuple[float, float]:
    """A day of prompts, one every 43.2 s, read off a clock: USD left at the end, and the most that 50 prompts cost."""
    session, costs = POLICY.start(budget, days=1.0), []
    for i in range(num_prompts):
        true = i * DAY / num_prompts
        observation = np.random.default_rng(i).random(9).astype(np.float32)
        observation[7] = true / DAY
        ticket = session.route(observation, seconds=clock(true))
        session.charge(ticket, ticket.expected_cost)
        costs.append(ticket.expected_cost)
    return session.budget_left, max(np.convolve(costs, np.ones(50), "valid"))


@pytest.mark.parametrize(
    "clock",
    [
        lambda t: t,
        lambda t: t + 1e9,
        lambda t: t - 3600 if t > 40_000 else t,  # the end of summer time, in a clock that follows it
        lambda t: t + 3 * DAY if 30_000 < t < 31_000 else t,  # wrong for a quarter of an hour
        lambda t: t // 600 * 600,  # it moves every ten minutes
        lambda t: 30_000.0 if 30_000 < t < 33_000 else t,  # it stands still for a while
    ],
)
def test_a_day_is_paced_by_any_clock(clock) -> None:
    left, _ = serve(clock)
    assert 0 <= left < 0.3


def test_silence_of_more_than_a_day_ends_no_longer_period_early() -> None:
    session = POLICY.start(1.0, days=10.0)
    for i, day in enumerate([0, 0.01, 0.02, 2.5, 2.51, 6.0]):
        observation = np.full(9, 0.5, np.float32)
        observation[7] = day % 1
        session.charge(session.route(observation, seconds=day * DAY), 0.001)
        assert session.days_left == pytest.approx(10 - day), i
    assert session.budget_left == pytest.approx(0.994)
