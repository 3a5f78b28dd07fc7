"""Days of the week: their loads, midnights, and that a problem without them has nothing of theirs."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.v1 import Traffic, make_params
from jax_router.v1.env import initial_state, transition
from jax_router.v1.noise import draw_noise

WEEK = np.array([1.5, 1.25, 1.0, 1.0, 1.0, 0.75, 0.5])
PARAMS = make_params(traffic=Traffic.synthetic(load=[1.0], week=WEEK), rate=1e-3, burst_std=0.0)
NOISE = draw_noise(jax.random.key(0), PARAMS.num_models, ())


def begun(place):
    """The first state at a time of the week, 0 .. 1."""
    return initial_state(replace(NOISE, pause=jnp.float32(place)), PARAMS)


@pytest.mark.parametrize(("place", "day", "time"), [(0.0, 0, 0.0), (5.5 / 7, 5, 0.5), (1 - 2**-24, 6, 1.0)])
def test_an_episode_begins_at_any_time_of_the_week(place, day, time):
    state = begun(place)
    assert (int(state.day), float(state.time_of_day)) == (day, pytest.approx(time, abs=1e-5))
    assert float(state.time_of_day) < 1


@pytest.mark.parametrize("day", range(7))
def test_the_gap_is_that_of_the_day(day):
    later, _ = jax.jit(transition)(begun((day + 0.1) / 7), jnp.int32(0), replace(NOISE, gap=jnp.float32(2.0)), PARAMS)
    passed = float(later.time_of_day) - 0.1
    assert passed * 86_400 == pytest.approx(2.0 / (1e-3 * WEEK[day]), rel=1e-3)
    assert int(later.day) == day


def test_after_sunday_comes_monday():
    later, _ = transition(begun(6.99 / 7), jnp.int32(0), replace(NOISE, gap=jnp.float32(2.0)), PARAMS)
    assert int(later.day) == 0
    assert float(later.time_of_day) == pytest.approx(0.99 + 2.0 / (1e-3 * 0.5) / 86_400 - 1, abs=1e-4)


def test_without_a_week_a_state_has_no_day():
    params = make_params()
    state = initial_state(NOISE, params)
    assert params.traffic.week is None
    assert state.day is None
    assert transition(state, jnp.int32(0), NOISE, params)[0].day is None


@pytest.mark.parametrize(
    ("week", "message"), [([1.0] * 5, "week has 5 numbers; it must have one for each day"), ([-1.0] * 7, "week is")]
)
def test_a_wrong_week_is_named(week, message):
    with pytest.raises(ValueError, match=message):
        Traffic.synthetic(week=week)
