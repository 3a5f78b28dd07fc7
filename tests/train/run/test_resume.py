"""Real processes: killed, interrupted, diverged, spread over two; and nothing is lost."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

# 100 updates in 50 blocks, a checkpoint after each: two or three seconds to be hit in.
RUN = ["--total-timesteps", "12800", "--num-envs", "16", "--num-steps", "8", "--num-minibatches", "2"]
RUN += ["--checkpoint-seconds", "0", "--eval-episodes", "2"]
ROOT = Path(__file__).parents[3]


def start(*args: str, script: tuple[str, ...] = ("-m", "train.ppo")) -> subprocess.Popen[str]:
    environment = os.environ | {"XLA_FLAGS": "", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, *script, *args]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process: subprocess.Popen[str], status: int = 0) -> str:
    out, err = process.communicate(timeout=200)
    assert process.returncode == status, err
    return out + err


def wait_for_blocks(run_dir: Path, count: int, process: subprocess.Popen[str]) -> None:
    metrics = run_dir / "metrics.jsonl"
    deadline = time.monotonic() + 150
    while not (metrics.exists() and metrics.read_text().count("\n") >= count):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def records(run_dir: Path) -> list[dict]:
    """Every line of metrics.jsonl without what a clock said."""
    lines = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    return [
        {name: x for name, x in line.items() if not name.startswith("seconds") and "second" not in name}
        for line in lines
    ]


def policy_arrays(run_dir: Path) -> dict[str, np.ndarray]:
    with np.load(run_dir / "policy.npz") as archive:
        return dict(archive)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("runs") / "uninterrupted"
    finish(start(*RUN, "--run-dir", str(run_dir)))
    return run_dir


def assert_same_run(run_dir: Path, expected: Path) -> None:
    assert records(run_dir) == records(expected)
    arrays = policy_arrays(expected)
    assert policy_arrays(run_dir).keys() == arrays.keys()
    for name, value in policy_arrays(run_dir).items():
        np.testing.assert_array_equal(value, arrays[name])


def test_killed_at_a_random_moment_and_resumed_it_ends_the_same(uninterrupted: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "killed"
    process = start(*RUN, "--run-dir", str(run_dir))
    moment = random.randrange(1, 40)  # not seeded: any moment has to do
    wait_for_blocks(run_dir, moment, process)
    time.sleep(random.uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    finish(process, -signal.SIGKILL)
    assert not (run_dir / "policy.npz").exists()
    # It may have been killed while it wrote its first checkpoint: then there is none to go on from.
    has_checkpoint = any(path.name.isdigit() for path in (run_dir / "checkpoints").iterdir())
    printed = finish(start("--resume", str(run_dir), "--checkpoint-seconds", "0"))
    assert ("resumed after update" in printed) == has_checkpoint
    assert_same_run(run_dir, uninterrupted)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_says_how_to_go_on_and_exits_with_its_status(
    number: signal.Signals, status: int, uninterrupted: Path, tmp_path: Path
) -> None:
    run_dir = tmp_path / "interrupted"
    # No checkpoint is due before the end: what is saved, is saved for the signal.
    process = start(*RUN, "--run-dir", str(run_dir), "--checkpoint-seconds", "1000")
    wait_for_blocks(run_dir, 1, process)
    process.send_signal(number)
    printed = finish(process, status)
    assert f"go on with: python -m train.ppo --resume {run_dir}" in printed
    assert "Traceback" not in printed
    finish(start("--resume", str(run_dir)))
    assert_same_run(run_dir, uninterrupted)


def test_ctrl_c_twice_stops_at_once_with_one_line(tmp_path: Path) -> None:
    run_dir = tmp_path / "hurried"
    # One block of these takes seconds: the second Ctrl-C comes within it.
    process = start("--total-timesteps", "4000000", "--num-envs", "2048", "--run-dir", str(run_dir))
    wait_for_blocks(run_dir, 1, process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=200)
    assert process.returncode == 130
    assert said.count("\n") == 1
    # Python waits for the block that is being computed; if it ends first, the first Ctrl-C was answered.
    assert said.startswith(("interrupted before the first", "stopped at once", "interrupted; everything is saved"))


def test_ctrl_c_in_the_comparison_says_that_the_run_is_saved(tmp_path: Path) -> None:
    run_dir = tmp_path / "compared"
    process = start("--total-timesteps", "1024", "--eval-episodes", "20000", "--run-dir", str(run_dir))
    while not (run_dir / "policy.npz").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = finish(process, 130)
    assert "interrupted after the training; the run is saved, compare it with: " in said
    assert f"python -m train.ppo --resume {run_dir}" in said


def test_a_second_process_on_the_same_run_is_refused_and_the_lock_dies_with_the_first(tmp_path: Path) -> None:
    run_dir = tmp_path / "shared"
    first = start(*RUN, "--total-timesteps", "1280000", "--run-dir", str(run_dir))
    wait_for_blocks(run_dir, 1, first)
    second = finish(start("--resume", str(run_dir)), 2)
    assert "another process is at work on this run" in second
    first.send_signal(signal.SIGKILL)
    finish(first, -signal.SIGKILL)
    done = (run_dir / "metrics.jsonl").read_text().count("\n")
    third = start("--resume", str(run_dir))
    wait_for_blocks(run_dir, done + 3, third)
    third.send_signal(signal.SIGTERM)
    finish(third, 143)


def test_resume_with_another_config_says_what_differs(uninterrupted: Path) -> None:
    before = (uninterrupted / "config.json").read_text()
    printed = finish(start("--resume", str(uninterrupted), "--seed", "7", "--learning-rate", "0.1"), 2)
    assert "--seed is 7 (the run's: 0)" in printed
    assert "--learning-rate is 0.1 (the run's: 0.002)" in printed
    assert (uninterrupted / "config.json").read_text() == before


def test_a_run_that_diverges_stops_and_names_what(tmp_path: Path) -> None:
    run_dir = tmp_path / "diverged"
    printed = finish(start(*RUN, "--run-dir", str(run_dir), "--learning-rate", "1e37"), 1)
    assert re.search(r"diverged between updates \d+ and \d+: .*parameter_norm not finite \(seed 0\)", printed)
    assert not (run_dir / "policy.npz").exists()
    for record in records(run_dir):
        assert record["parameter_norm"] is not None


def test_two_processes_end_with_the_same_parameters_and_one_writes(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    processes = []
    for i in range(2):
        args = [*RUN, "--total-timesteps", "1024", "--run-dir", str(tmp_path / f"process-{i}")]
        args += ["--coordinator-address", address]
        args += ["--num-processes", "2", "--process-id", str(i)]
        processes.append(start(*args, script=("tests/helpers/distributed_worker.py",)))
    printed = [finish(process) for process in processes]
    digests = [re.search(rf"process {i} of 2: (\w+)", printed[i]).group(1) for i in range(2)]  # type: ignore[union-attr]
    assert digests[0] == digests[1]
    assert (tmp_path / "process-0" / "policy.npz").exists()
    assert not (tmp_path / "process-1").exists()
    config = json.loads((tmp_path / "process-0" / "config.json").read_text())
    assert config["num_devices"] == 2
