"""A run goes on with what it began with, and its files are whole."""

import json
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pytest

from router_serving import load_policy
from tests.helpers.runs import SMALL, Run
from train.algorithm.config import Config, Problem, config_from_dict, config_to_dict
from train.ppo import main
from train.run.inputs import keep_inputs, what_changed, with_kept_inputs

FLEET = """
[[models]]
name = "small"
cost_per_call = 0.001
latency_mean = 0.3
latency_std = 0.1
quality_score = 0.7
[[models]]
name = "large"
cost_per_call = 0.01
latency_mean = 1.0
latency_std = 0.2
quality_score = 0.9
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "fleet.toml").write_text(FLEET)
    flags = ["--fleet", str(tmp_path / "fleet.toml"), "--episode-length", "20", "--run-dir", str(tmp_path / "run")]
    main([*SMALL, *flags])
    return tmp_path / "run"


def test_a_fleet_that_changed_since_is_said_and_the_copy_is_used(run: Path, tmp_path: Path, capsys) -> None:
    before = dict(np.load(run / "policy.npz"))
    (tmp_path / "fleet.toml").write_text(FLEET.replace('"small"', '"tiny"').replace("0.001", "0.002"))
    (run / "policy.npz").unlink()
    capsys.readouterr()
    main(["--resume", str(run)])
    printed = capsys.readouterr().out
    assert "fleet.toml has changed since this run began; it goes on with its own copy" in printed
    assert load_policy(run).model_names == ("small", "large")
    for name, array in np.load(run / "policy.npz").items():
        np.testing.assert_array_equal(array, before[name])
    (tmp_path / "fleet.toml").unlink()
    main(["--resume", str(run)])
    assert "fleet.toml is gone; this run goes on with its own copy" in capsys.readouterr().out


def test_another_version_of_a_library_is_said(run: Path, capsys) -> None:
    noted = json.loads((run / "versions.json").read_text())
    (run / "versions.json").write_text(json.dumps(noted | {"jax": "0.1.2"}))
    capsys.readouterr()
    main(["--resume", str(run)])
    assert f"this run began with jax 0.1.2, now {noted['jax']}" in capsys.readouterr().out


@pytest.mark.parametrize("stump", [0, 10, 3000])
def test_a_damaged_policy_is_written_anew(stump: int, trained_run: Run, tmp_path: Path, capsys) -> None:
    run = Path(copytree(trained_run.folder, tmp_path / "run"))
    whole = (run / "policy.npz").read_bytes()
    (run / "policy.npz").write_bytes(whole[:stump])
    main(["--resume", str(run)])
    printed = " ".join(capsys.readouterr().out.split())
    assert "it is written anew" in printed
    for name, array in np.load(run / "policy.npz").items():
        np.testing.assert_array_equal(array, np.load(trained_run.folder / "policy.npz")[name])


def test_a_damaged_line_of_the_metrics_is_dropped(trained_run: Run, tmp_path: Path) -> None:
    run = Path(copytree(trained_run.folder, tmp_path / "run"))
    lines = (run / "metrics.jsonl").read_text().splitlines()
    (run / "metrics.jsonl").write_text("\n".join([*lines, '{"steps": 1', "\x00\x00", "[]"]) + "\n")
    main(["--resume", str(run)])
    assert (run / "metrics.jsonl").read_text().splitlines() == lines


def test_nothing_is_left_beside_the_files(trained_run: Run) -> None:
    names = {path.name for path in trained_run.folder.iterdir()}
    files = {"config.json", "metrics.jsonl", "comparison.md", "policy.npz", "versions.json"}
    assert names == {".lock", "checkpoints"} | files


def test_a_fitted_problem_is_copied_as_a_folder_and_watched(fitted_problem: tuple[Path, str], tmp_path: Path) -> None:
    folder, run = copytree(fitted_problem[0], tmp_path / "my-gateway"), tmp_path / "run"
    run.mkdir()
    config = Config(Problem(env="LLMRouter-v1", problem=folder))
    keep_inputs(run, config)
    assert with_kept_inputs(run, config).problem.problem == run / "inputs" / "problem"
    assert list(what_changed(run, config)) == []
    (folder / "quality.csv").write_text("other\n")
    assert [sentence.split(" has changed")[0] for sentence in what_changed(run, config)] == [str(folder)]
    rmtree(folder)
    assert next(iter(what_changed(run, config))).startswith(f"{folder} is gone")
    assert config_from_dict(json.loads(json.dumps(config_to_dict(config)))) == config
