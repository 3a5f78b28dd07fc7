"""Days and weeks with known truth come back, and chance is not taken for a week."""

import numpy as np
import pytest

from jax_router.v1.fitting.arrivals import counts_in, dispersion
from jax_router.v1.fitting.calendar import DAY, HOURS, day_profile, evened, week_profile
from jax_router.v1.fitting.simulated import simulate

MONDAY = 1_772_409_600.0
"""2026-03-02, s since 1970."""
LOAD = 1 + 0.8 * np.sin(2 * np.pi * np.arange(HOURS) / HOURS)
WEEK = np.array([1.2, 1.2, 1.2, 1.2, 1.1, 0.6, 0.5])


def made(days, week, size, spread=0.0, seed=0):
    """Arrivals of a number of days from a Monday on; `spread` is of the logarithm of what a single day counts."""
    rng = np.random.default_rng(seed)
    each = np.tile(week, days)[:days] * np.exp(spread * rng.normal(size=days))
    work = np.concatenate([[0.0], np.cumsum(np.outer(each, LOAD).ravel())])
    even = np.sort(rng.uniform(0, work[-1], size))
    return MONDAY + np.interp(even, work, np.arange(len(work)) * 3600.0)


def test_the_day_comes_back():
    seconds = made(6, np.ones(7), 40_000)
    day = day_profile(seconds)
    np.testing.assert_allclose(day.load, LOAD / LOAD.mean(), atol=0.12)
    assert np.mean((day.low <= LOAD) & (day.high >= LOAD)) >= 0.8
    flat = counts_in(evened(seconds, day), 600.0)
    assert dispersion(flat, 6) < 2 < dispersion(counts_in(seconds, 600.0), 6)


def test_the_week_comes_back_and_leaves_nothing_behind():
    inside = []
    for seed in range(5):
        seconds = made(28, WEEK, 100_000, spread=0.1, seed=seed)
        week = week_profile(seconds)
        np.testing.assert_allclose(week.load, WEEK / WEEK.mean(), atol=0.2)
        inside.append((week.low <= WEEK / WEEK.mean()) & (week.high >= WEEK / WEEK.mean()))
    assert np.mean(inside) >= 0.8
    even = evened(seconds, day_profile(seconds, week), week)
    days = np.histogram(even, bins=28)[0]
    assert days.std() / days.mean() < 0.2 < WEEK.std() / WEEK.mean()


def test_days_that_differ_by_chance_are_drawn_to_their_mean():
    loads = [week_profile(made(21, np.ones(7), 50_000, spread=0.3, seed=seed)).load for seed in range(8)]
    assert sum(len(load) == 1 for load in loads) >= 3
    raw = 0.3 / np.sqrt(3)
    assert np.mean([np.std(load) for load in loads]) < 0.6 * raw


@pytest.mark.parametrize("days", [1, 1.9])
def test_a_log_of_hours_says_nothing_of_the_day(days):
    assert day_profile(MONDAY + np.linspace(0, days * DAY, 5000)).is_flat


def test_two_weeks_say_nothing_before_they_are_whole():
    assert week_profile(made(13, WEEK, 20_000)).is_flat
    assert not week_profile(made(14, WEEK, 20_000)).is_flat


def test_a_simulation_follows_day_and_week_from_any_hour_on():
    seconds = made(28, WEEK, 100_000)
    week = week_profile(seconds)
    settings = {"rate": 0.05, "burst_std": 0.0, "pause_prob": 0.0, "pause_mean": 0.0}
    begin = MONDAY + 5.5 * DAY  # noon of a Saturday
    times = simulate(settings, 90_000, day=day_profile(seconds, week), week=week, begin=begin)[0]
    assert week_profile(times).load == pytest.approx(WEEK / WEEK.mean(), abs=0.1)
    assert day_profile(times).load == pytest.approx(LOAD, abs=0.15)
