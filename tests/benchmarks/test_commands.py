"""Every benchmark runs, with tiny sizes, and refuses what makes no sense in one line."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as everything
from benchmarks import env, gym, opponent, ppo, rejax_opponent, scaling, serving
from benchmarks.batch_memory import batch_memory
from benchmarks.report import Report
from benchmarks.startup import help_seconds
from train.algorithm.config import LONG_RUN, Learning, Problem
from train.algorithm.environments import make_environment
from train.algorithm.ppo import PPO

TINY = Learning(num_envs=4, num_steps=2, num_epochs=1, num_minibatches=1, layer_sizes=(4,))


def report_of(main, args: list[str], tmp_path: Path) -> Report:
    output = tmp_path / "report.json"
    main(["--quick", "--output", str(output), *args])
    return Report.from_json(output.read_text())


def measured(report: Report) -> list[float]:
    return [target.measured for target in report.targets if target.measured is not None]


@pytest.mark.usefixtures("lenient_promotion")  # CartPole-v1 is one of its opponents
def test_env(tmp_path, capsys):
    report = report_of(env.main, ["--num-envs", "2"], tmp_path)
    speed, floor = report.tables
    assert [row[:2] for row in speed.rows[1:]] == [
        ["2", "own rollout"],
        ["2", "gymnax face, vmap"],
        ["2", env.NEXT],
        ["2", env.CARTPOLE],
    ]
    assert all(float(row[2].replace(",", "")) > 0 for row in speed.rows[1:])
    assert float(floor.rows[1][4]) > 0
    assert measured(report) == []  # the targets are about 2,048 and 65,536 environments
    assert "own rollout" in capsys.readouterr().out


def test_gym(tmp_path):
    report = report_of(gym.main, ["--num-envs", "2", "--num-processes", "1"], tmp_path)
    single, vector, _ = report.tables
    rivals = ["NumPy, 1 environment", "NumPy and Python's floats, 1 environment"]
    assert [row[0] for row in single.rows[1:]] == ["gym_compat, 1 environment", *rivals]
    assert [row[0] for row in vector.rows[2:]] == ["NumPy, SyncVectorEnv of 2", "NumPy, AsyncVectorEnv of 1"]
    assert min(measured(report)) > 0
    assert len(measured(report)) == 6


def test_serving(tmp_path):
    report = report_of(serving.main, [], tmp_path)
    (table,) = report.tables
    assert [row[0] for row in table.rows[1:]] == [
        serving.NETWORK_NUMPY,
        serving.NETWORK_JAX,
        serving.SESSION,
        serving.SET_PRICE,
    ]
    assert min(measured(report)) > 0


@pytest.mark.usefixtures("lenient_promotion")  # CartPole-v1 is what rejax learns
def test_ppo_without_its_opponents(tmp_path, monkeypatch):
    monkeypatch.setattr(ppo, "LONG_RUN", TINY)
    monkeypatch.setattr(rejax_opponent, "LONG_RUN", TINY)
    monkeypatch.setattr(opponent, "find_spec", lambda name: None)
    monkeypatch.setattr(rejax_opponent, "find_spec", lambda name: None)
    args = ["--num-envs", str(TINY.num_envs), "--parts", "networks", "opponent", "rejax"]
    report = report_of(ppo.main, args, tmp_path)
    networks, rates, of_rejax = report.tables
    assert [row[0] for row in networks.rows[1:]] == [
        "training, 4 environments",
        "its networks alone",
        "its networks and the loss alone",
    ]
    assert [row[0] for row in rates.rows[1:]] == ["ours, 4 environments", "ours, 4 environments, --num-devices 2"]
    assert rates.note == opponent.MISSING
    assert [row[0] for row in of_rejax.rows[1:]] == ["ours"]
    assert of_rejax.note == rejax_opponent.MISSING
    (share,) = measured(report)
    assert share < 1


def test_help_is_timed():
    assert 0 < help_seconds() < 120


@pytest.mark.slow
def test_scaling_draws_its_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(scaling, "SHORT_RUN", TINY)
    args = ["--num-envs", "4", "--num-models", "2", "7", "--model-envs", "4", "--num-seeds", "1"]
    report = report_of(scaling.main, [*args, "--picture", str(tmp_path / "scaling.svg")], tmp_path)
    assert [[row[0] for row in table.rows] for table in report.tables] == [
        ["environments", "4"],
        ["models", "2", "7"],
        ["seeds", "1"],
    ]
    assert (tmp_path / "scaling.png").stat().st_size > 5000
    assert "environments" in (tmp_path / "scaling.svg").read_text()


def test_fleets_of_any_size():
    fleet = scaling.fleet_of(7).fleet
    assert fleet.num_models == 7
    np.testing.assert_array_equal(fleet.cost_per_call[5:], fleet.cost_per_call[:2])


def test_memory_is_in_multiples_of_the_batch():
    made, params = make_environment(Problem())
    memory = batch_memory(PPO(TINY, made), params)
    assert memory.learned_from == TINY.batch_size * (9 + 4) * 4  # an observation of 9 numbers, and 4 numbers more
    assert memory.learned_from < memory.stored < memory.program


def test_a_benchmark_that_fails_ends_everything(tmp_path, capfd):
    with pytest.raises(SystemExit) as exit_info:
        everything.run_benchmark("env", ["--num-envs", "0"], tmp_path)
    assert exit_info.value.code == 1
    assert capfd.readouterr().err.splitlines() == [
        "error: --num-envs is 0; it must be a whole number at least 1 and at most 2147483647",
        "error: -m benchmarks.env failed, see above",
    ]


@pytest.mark.parametrize(
    ("main", "args", "message"),
    [
        (env.main, ["--num-envs", "64", "0"], "--num-envs is 0; it must be a whole number"),
        (env.main, ["--num-envs"], "--num-envs is empty"),
        (env.main, ["--output", "/nowhere/x.json"], "--output is /nowhere/x.json; there is no such folder"),
        (gym.main, ["--num-processes", "0"], "--num-processes is 0"),
        (ppo.main, ["--num-envs", "0"], "--num-envs is 0"),
        (ppo.main, ["--num-envs", str(LONG_RUN.total_timesteps)], "--total-timesteps is"),
        (scaling.main, ["--num-seeds", "-1"], "--num-seeds is -1"),
        (scaling.main, ["--picture", "x.gif"], "--picture is x.gif; it must end in .png or .svg"),
    ],
)
def test_bad_flags_are_refused(refuses, main, args, message):
    refuses(main, args, message)
