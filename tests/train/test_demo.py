"""The command `python -m train.demo` at toy size, and the numbers behind its pictures."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console

from jax_router import make_params, run_episodes
from jax_router.v0.strategies import two_threshold
from tests.helpers.pictures import check_not_blank
from train.demo import main
from train.studies.learning import even_parts, train_and_judge
from train.studies.v0.behaviour import live_a_day, map_choices, quiet_and_busy_hour

TOY = ["--total-timesteps", "2048", "--episode-length", "20", "--num-seeds", "2", "--num-weights", "2"]
TOY_PRICED = ["--priced-timesteps", "16384", "--separate-timesteps", "1024"]
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


def test_the_command_draws_six_pictures_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*TOY, *TOY_PRICED, "--episodes", "4", "--tuning-episodes", "0", "--output-dir", str(tmp_path / "docs")])
    printed = capsys.readouterr().out
    for name in ("learning", "choices", "frontier", "day", "price", "priced_frontier"):
        picture = tmp_path / "docs" / f"{name}.png"
        check_not_blank(picture)
        assert f"written: {picture}, {picture.with_suffix('.svg')}" in printed
    assert len(list((tmp_path / "docs").iterdir())) == 12
    for strategy in ("agent for the price", "PPO, seed ", "greedy-reward", "always tier2_small", "round-robin"):
        assert strategy in printed


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-seeds", "0"], "--num-seeds is 0; it must be a whole number at least 1"),
        (["--num-weights", "1"], "--num-weights is 1; it must be a whole number at least 2"),
        (["--episodes", "1"], "--episodes is 1; it must be a whole number at least 2"),
        (["--tuning-episodes", "-1"], "--tuning-episodes is -1; it must be a whole number at least 0"),
        (["--scenario", "calm"], "--scenario is 'calm'"),
        (["--priced-timesteps", "9"], "--priced-timesteps is 9; it must be a whole number at least 16384"),
        (["--separate-timesteps", "9"], "--separate-timesteps is 9; it must be a whole number at least 1024"),
        (["--budget", "0.4"], "1000 prompts cost 0.5 USD at the cheapest model"),
        (["--output-dir", "file/docs"], "file/docs"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refuses,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    refuses(main, args, message)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


class Thresholds(NamedTuple):
    """What looks like the train states of agents, (S,): the complexity from which each goes to `tier1_small`."""

    network: jax.Array
    observation_stats: jax.Array


class RisingThresholds:
    """What looks like a trainer: two agents whose threshold rises by 0.1 with every update."""

    learning = SimpleNamespace(num_updates=3, batch_size=32)

    @property
    def ppo(self) -> "RisingThresholds":
        """Itself."""
        return self

    def init(self) -> Thresholds:
        """Before the first update."""
        return Thresholds(jnp.array([0.0, 0.5], jnp.float32), jnp.zeros(2))

    def update_block(self, agents: Thresholds, num_updates: int) -> tuple[Thresholds, None]:
        """After some more."""
        return agents._replace(network=agents.network + 0.1 * num_updates), None

    def greedy_action(self, network: jax.Array, stats: jax.Array, observation: jax.Array) -> jax.Array:
        """(..., 9) float32 to (...) int32."""
        return jnp.where(observation[..., 1] > network, 1, 3).astype(jnp.int32)


def test_every_point_of_a_curve_is_that_agent_on_the_same_episodes(key: jax.Array) -> None:
    trainer: Any = RisingThresholds()
    params = make_params(episode_length=20)
    agents, curves = train_and_judge(trainer, params, key, 4, Console(quiet=True))
    assert agents.network == pytest.approx([0.3, 0.8])
    assert curves.steps.tolist() == [0, 32, 64, 96]
    assert curves.num_episodes == 4
    judge = jax.jit(lambda limit: run_episodes(key, two_threshold(limit, jnp.inf, 1, 3), 4, params).reward.mean())
    for seed, start in enumerate((0.0, 0.5)):
        expected = [float(judge(start + 0.1 * point)) for point in range(4)]
        assert curves.reward[seed] == pytest.approx(expected, rel=1e-5)


def test_training_is_cut_into_even_parts() -> None:
    assert even_parts(7, 3) == [2, 2, 3]
    assert even_parts(2, 32) == [1, 1]
    assert sum(even_parts(97, 32)) == 97
    assert set(even_parts(97, 32)) == {3, 4}


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
