"""The command `python -m train.ppo`: a whole run at toy size, and one line for bad input."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from router_serving.policy_file import load_policy
from tests.helpers.runs import SMALL, Run
from train.algorithm.config import GYMNAX_RUN, LONG_RUN, PRICED_RUN, SHORT_RUN, Config, Problem
from train.ppo import main, parse


def test_the_defaults_suit_the_size_of_the_run() -> None:
    assert parse([]).config == Config()
    assert parse([]).learning == SHORT_RUN
    assert parse(["--total-timesteps", "100000"]).learning == SHORT_RUN
    assert parse(["--num-envs", "2048"]).learning == LONG_RUN
    assert parse(["--total-timesteps", "10000000"]).learning == LONG_RUN
    assert parse(["--num-envs", "2048", "--learning-rate", "0.1"]).learning == replace(LONG_RUN, learning_rate=0.1)
    assert parse(["--priced"]).config == Config(Problem(priced=True), PRICED_RUN)
    assert parse(["--env", "CartPole-v1"]).config == Config(Problem(env="CartPole-v1"), GYMNAX_RUN)


def test_a_run_trains_compares_and_saves(trained_run: Run) -> None:
    for strategy in ("PPO", "random", "round-robin", "cheapest-first", "best-quality", "always tier2_small"):
        assert strategy in trained_run.printed
    policy = load_policy(trained_run.folder)
    assert policy.model_names[0] == "tier1_large"
    assert policy.act(np.zeros((3, 9), np.float32)).shape == (3,)
    config = json.loads((trained_run.folder / "config.json").read_text())
    assert config["num_envs"] == 16
    assert config["episode_length"] == 20


def test_a_fleet_and_a_trace_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fleet.toml").write_text(
        "".join(
            f'[[models]]\nname = "model_{i}"\ncost_per_call = 0.00{i}\nlatency_mean = 0.5\nlatency_std = 0.1\n'
            f"quality_score = 0.{i}\n"
            for i in (7, 8)
        )
    )
    rows = (f"2023-11-16 18:17:0{i}.9799600,{100 * i + 100},10" for i in range(5))
    (tmp_path / "trace.csv").write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(rows))
    files = ["--fleet", str(tmp_path / "fleet.toml"), "--trace", str(tmp_path / "trace.csv")]
    main([*SMALL, *files, "--run-dir", str(tmp_path / "run"), "--scenario", "rush_hour"])
    assert "always model_8" in capsys.readouterr().out
    assert load_policy(tmp_path / "run").model_names == ("model_7", "model_8")


@pytest.mark.usefixtures("lenient_promotion")
def test_any_gymnax_environment_with_discrete_actions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*SMALL, "--env", "CartPole-v1", "--run-dir", str(tmp_path / "run")])
    assert "mean return" in capsys.readouterr().out
    assert load_policy(tmp_path / "run").observation_size == 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--total-timesteps", "100"], "--total-timesteps is 100; it must be at least one batch"),
        (["--num-minibatches", "7"], "--num-minibatches is 7; it must divide one batch"),
        (["--num-envs", "0"], "--num-envs is 0; it must be a whole number at least 1"),
        (["--learning-rate", "nan"], "--learning-rate is nan; it must be a finite number above 0"),
        (["--discount", "1.5"], "--discount is 1.5; it must be a finite number at least 0 and at most 1"),
        (["--layer-sizes", "64", "0"], "--layer-sizes is 0"),
        (["--scenario", "calm"], "the known ones are default, reference, rush_hour"),
        (["--budget", "-3"], "budget is -3; it must be a finite number above 0"),
        (["--episode-length", "0"], "episode_length is 0; it must be a whole number at least 1"),
        (["--fleet", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--trace", "nowhere.csv"], "nowhere.csv: no such file"),
        (["--env", "Nothing-v0"], "the known ones are LLMRouter-v0, LLMRouter-v1, CartPole-v1"),
        (["--env", "Pendulum-v1"], "its actions are not discrete"),
        (["--env", "CartPole-v1", "--budget", "3"], "--budget is for LLMRouter-v0, LLMRouter-v1; --env is CartPole-v1"),
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
    refuses(main, args, message)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(SystemExit) as exit_info:
        main([*SMALL, "--tensorboard", "--run-dir", str(tmp_path / "run")])
    assert exit_info.value.code == 2
    assert 'pip install "jax-router[tensorboard]"' in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_directory_with_a_run_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text("mine")
    with pytest.raises(SystemExit) as exit_info:
        main([*SMALL, "--run-dir", str(tmp_path)])
    assert exit_info.value.code == 2
    assert "there is something in it already" in capsys.readouterr().err
    assert (tmp_path / "config.json").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_row_years_away_is_refused_or_left_out_and_said(tmp_path: Path, refuses, capsys) -> None:
    rows = "".join(f"2024-05-10 {hour:02d}:00:00,100\n" for hour in range(24))
    (tmp_path / "trace.csv").write_text(f"TIMESTAMP,ContextTokens\n{rows}1970-01-02 00:00:00,100\n")
    args = [
        *SMALL,
        "--trace",
        str(tmp_path / "trace.csv"),
        "--episode-length",
        "10",
        "--run-dir",
        str(tmp_path / "run"),
    ]
    refuses(main, args, "trace.csv, line 26: TIMESTAMP is '1970-01-02 00:00:00'")
    assert not (tmp_path / "run").exists()
    main([*args, "--trace-outliers", "drop"])
    said = capsys.readouterr().err
    assert "trace.csv: TIMESTAMP is read as ISO 8601" in said
    assert "1 row is left out, years away from the others" in said
