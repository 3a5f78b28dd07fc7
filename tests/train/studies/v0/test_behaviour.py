"""What agents do: the map of their choices, and a day of theirs."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import make_params
from train.studies.v0.behaviour import live_a_day, map_choices, quiet_and_busy_hour

COMPLEXITY, QUEUE = 0.3, 18.0
COSTS = np.array([0.030, 0.003, 0.015, 0.001, 0.0005], np.float32)
AGENT: Any = SimpleNamespace(network=None, observation_stats=None)


class Rule:
    """What looks like PPO to those who ask for actions: `tier1_small` by two thresholds, else `tier2_small`."""

    def greedy_action(self, network: None, stats: None, observation: jax.Array) -> jax.Array:
        """(..., 9) float32 to (...) int32."""
        has_room = 50 * observation[..., 3] < QUEUE
        return jnp.where((observation[..., 1] > COMPLEXITY) & has_room, 1, 3).astype(jnp.int32)


RULE: Any = Rule()


def test_the_map_shows_the_rule_that_made_it(key: jax.Array) -> None:
    shown = map_choices(RULE, AGENT, make_params(episode_length=200), key)
    assert (shown.better, shown.cheaper) == (1, 3)
    assert shown.hours == (21.0, 9.0)
    expected = (shown.complexity > COMPLEXITY) & (shown.queue[:, None] < QUEUE)
    clear = (np.abs(shown.complexity - COMPLEXITY) > 1e-3) & (np.abs(shown.queue[:, None] - QUEUE) > 1e-2)
    for choices in shown.choices:
        np.testing.assert_array_equal(choices[clear], np.where(expected, 1, 3)[clear])
    # Complexity ~ Beta(2, 5): nine in ten prompts lie between 0.063 and 0.582.
    np.testing.assert_allclose(shown.usual[:, 0], [[0.063, 0.582]] * 2, atol=0.07)
    assert (shown.usual[:, 1] >= 0).all()
    assert (shown.usual[:, 1, 1] <= shown.queue[-1]).all()


def test_what_is_not_on_the_map_is_the_median_around_the_hour(key: jax.Array) -> None:
    class ByTime:
        """To `tier1_small` before noon and to `tier2_small` after it."""

        def greedy_action(self, network: None, stats: None, observation: jax.Array) -> jax.Array:
            self.asked = observation
            return jnp.where(observation[..., -2] < 0.5, 1, 3).astype(jnp.int32)

    rule: Any = ByTime()
    shown = map_choices(rule, AGENT, make_params(), key)
    assert (shown.choices[0] == 3).all()
    assert (shown.choices[1] == 1).all()
    quiet, busy = np.asarray(rule.asked)[:, 0, 0]
    assert (quiet[-2], busy[-2]) == (21 / 24, 9 / 24)
    assert quiet[0] == pytest.approx(0.385, abs=0.05), "the median of Beta(2, 3)"
    assert quiet[2 + 3] > busy[2 + 3] + 0.1, "nothing waits for tier2_small in the morning"


def test_a_day_begins_before_the_peak_and_adds_up(key: jax.Array) -> None:
    day = live_a_day(RULE, AGENT, make_params(), key)
    assert len(day.action) == 1000
    assert day.hour[[0, -1]] == pytest.approx([5, 5 + 24 * 999 / 1440])
    assert day.quiet_and_busy == (21, 9)
    np.testing.assert_array_equal(day.cost, COSTS[day.action])
    np.testing.assert_array_equal(day.late, day.latency > 1)
    assert set(day.action.tolist()) == {1, 3}
    # Model 1 is never chosen while its queue is over the threshold.
    assert (day.queues[day.action == 1, 1] < QUEUE).all()
    assert day.queues[day.action == 3, 1].max() > QUEUE


def test_a_day_ends_where_the_budget_does(key: jax.Array) -> None:
    day = live_a_day(RULE, AGENT, make_params(budget=0.05), key)
    assert day.cost.sum() >= 0.05 > day.cost[:-1].sum()


def test_a_flat_load_has_hours_too() -> None:
    quiet, busy = quiet_and_busy_hour(make_params("reference"))
    assert 0 <= quiet < 24
    assert 0 <= busy < 24
