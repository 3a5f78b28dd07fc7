"""A log under its own choices and under others: sums that are known, pairs that cancel, and words that fit."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.logs import read_log
from jax_router.strategies import constant
from jax_router.v1 import load_problem
from jax_router.v1.replay import as_routed, make_replay, play
from tests.helpers.fitted import LOG
from train.evaluation.replay import AS_ROUTED, THE_LOG, evaluate_replay
from train.evaluation.replay_table import differences_of, in_words, replay_text, rows_of, title_of

ENVIRONMENT = "LLMRouter-v1"


@pytest.fixture(scope="module")
def problem(fitted_problem):
    return load_problem(fitted_problem[0])


@pytest.fixture(scope="module")
def log():
    return read_log(LOG)


@pytest.fixture(scope="module")
def evaluation(problem, log):
    strategies = {"always gpt-mini": constant(1), "always gpt-large": constant(0)}
    return evaluate_replay(ENVIRONMENT, problem, log, strategies)


def test_the_held_out_part_is_replayed(evaluation, problem, log):
    later = log.seconds >= problem.log["held_out_from"]
    assert evaluation.requests == later.sum()
    assert evaluation.is_held_out
    assert "to which nothing was fitted" in title_of(evaluation)


def test_as_routed_is_the_log(evaluation):
    real, simulated = evaluation.rows[THE_LOG], evaluation.rows[AS_ROUTED]
    assert simulated.cost == pytest.approx(real.cost, rel=1e-4)
    assert simulated.latency == pytest.approx(real.latency, rel=0.05)
    assert simulated.ttft == pytest.approx(real.ttft, rel=0.05)
    assert simulated.model_share == real.model_share
    assert evaluation.warning is None


def test_what_one_model_costs_follows_from_its_prices(evaluation, problem, log):
    part = log.rows(log.seconds >= problem.log["held_out_from"])
    bill = (0.15 * part.prompt_tokens + 0.60 * part.completion_tokens).sum() / 1e6
    row = evaluation.rows["always gpt-mini"]
    assert row.cost == pytest.approx(bill, rel=1e-4)
    assert row.difference["cost"].mean == pytest.approx(bill - evaluation.rows[AS_ROUTED].cost, rel=1e-3)
    assert row.difference["cost"].low < row.difference["cost"].mean < row.difference["cost"].high < 0
    assert row.model_share == {"gpt-large": 0, "gpt-mini": 1, "llama-8b": 0}


def test_the_logs_own_choices_as_a_policy_differ_in_nothing(problem, log):
    replay = make_replay(problem, log.rows(slice(500)))
    chosen = jnp.asarray(replay.actions)
    again = play(replay, lambda key, observation, state: chosen[state.step_count])
    np.testing.assert_array_equal(again.actions, replay.actions)
    np.testing.assert_allclose(again.outcome.latency, as_routed(replay).outcome.latency, rtol=1e-5)


def test_a_prompt_has_its_own_category(problem, log):
    replay = make_replay(problem, log.rows(slice(500)))
    quality = as_routed(replay).outcome.quality
    chat = np.array([log.categories[k] == "chat" for k in replay.log.category])
    mini = replay.actions == 1
    shares = np.asarray(problem.quality.shares)[:, 1]
    for rows, category in ((chat & mini, "chat"), (~chat & mini, None)):
        places = [k for k, name in enumerate(problem.categories) if (name == category) == (category is not None)]
        assert shares[places].min() - 0.1 < quality[rows].mean() < shares[places].max() + 0.1


def test_a_simulator_that_is_off_comes_with_a_warning(problem, log):
    dear = replace(problem, models=tuple(replace(model, price_out=3 * model.price_out) for model in problem.models))
    evaluation = evaluate_replay(ENVIRONMENT, dear, log, {"always gpt-mini": constant(1)})
    assert evaluation.warning.startswith("Warning: as routed, the simulator has cost")
    assert in_words(evaluation, None).startswith(evaluation.warning)


def test_words_and_tables(evaluation):
    words = in_words(evaluation, "always gpt-mini")
    assert words.startswith(
        "On the last 17.9 hours of this log the policy spends 0.461 USD where the router of the log"
    )
    assert "That saves" in words
    assert "95 % interval)." in words
    rows = rows_of(evaluation)
    assert [row[0] for row in rows[:3]] == ["strategy", THE_LOG, AS_ROUTED]
    assert {len(row) for row in rows} == {8}
    assert {len(row) for row in differences_of(evaluation)} == {7}
    for suffix in (".json", ".csv", ".md"):
        text = replay_text(suffix, evaluation, None)
        assert "always gpt-large" in text
        assert "NaN" not in text


def test_a_log_of_other_models_cannot_be_replayed(problem, log):
    with pytest.raises(ValueError, match="a replay needs requests"):
        make_replay(problem, replace(log, models=("x", "y", "z")))
