"""Odd places to run in: one line and the work goes on, or one line and exit status 2."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from train.cli.compilation import keep_compiled_programs

ROOT = Path(__file__).parents[3]
FLAGS = ["--episodes", "2", "--tuning-episodes", "0", "--episode-length", "5", "--bound-seconds", "0"]
EVALUATE = [sys.executable, "-m", "train.evaluate", *FLAGS]


def evaluate(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EVALUATE, *flags], cwd=ROOT, env=os.environ | environment, capture_output=True, timeout=300, encoding="utf-8"
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"XDG_CACHE_HOME": "/proc/no-such-folder"},
        {"XDG_CACHE_HOME": "/dev/null"},
        {"XDG_CACHE_HOME": "", "HOME": "/proc/nobody"},
    ],
)
def test_without_a_cache_folder_one_line_says_so(environment: dict[str, str], monkeypatch, capsys) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    keep_compiled_programs()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("compiled programs are not kept: ")
    assert printed.err.count("\n") == 1


def test_without_home_and_user_the_command_runs() -> None:
    """A uid without an entry in the user database, as containers have it."""
    code = "import os, runpy; os.getuid = lambda: 54321; runpy.run_module('train.evaluate', run_name='__main__')"
    missing = ("JAX_COMPILATION_CACHE_DIR", "HOME", "XDG_CACHE_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in missing}
    done = subprocess.run(
        [sys.executable, "-c", code, *FLAGS], cwd=ROOT, env=kept, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiled programs are not kept: ") == 1
    assert "always tier1_small" in done.stdout


def test_a_platform_that_is_not_there_is_one_line() -> None:
    done = evaluate(JAX_PLATFORMS="cuda")
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "JAX_PLATFORMS is 'cuda'; no such device is here" in line
    assert "Traceback" not in done.stderr


def test_a_coordinator_that_does_not_answer_is_one_line(monkeypatch, refuses) -> None:
    from train import ppo

    monkeypatch.setattr(ppo, "PATIENCE", 0.3)
    args = ["--coordinator-address", "127.0.0.1:9", "--num-processes", "2", "--process-id", "1"]
    refuses(ppo.main, args, "--coordinator-address is 127.0.0.1:9; nobody answered there for 0.3 s")
    refuses(ppo.main, [*args[:1], "nowhere", *args[2:]], "--coordinator-address is 'nowhere'; it must be HOST:PORT")


def test_processes_that_do_not_come_are_one_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    code = f"""
from train import ppo
ppo.PATIENCE = 2
ppo.main(["--coordinator-address", "{address}", "--num-processes", "2", "--run-dir", "run"])
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"error: --coordinator-address is {address}; not all of 2 processes came within 2 s"
    )
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


NAMES = ["llama[free]", "llama[paid]", "x[/fast]", "cost $5 or $6", "a|b", "_hidden", "日本", "中国"]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    table = (
        '[[models]]\nname = "{}"\ncost_per_call = 0.00{}\nlatency_mean = 0.5\nlatency_std = 0.1\nquality_score = 0.7\n'
    )
    path = tmp_path / "fleet.toml"
    path.write_text("".join(table.format(name, i + 1) for i, name in enumerate(NAMES)), encoding="utf-8")
    return path


def test_names_are_printed_as_they_are(fleet: Path) -> None:
    done = evaluate("--fleet", str(fleet), PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        assert f"always {name}" in done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_a_terminal_cannot_show_is_substituted_and_differs(tmp_path: Path, fleet: Path, encoding: str) -> None:
    output = tmp_path / "results.json"
    done = evaluate("--fleet", str(fleet), "--output", str(output), PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "always \\u65e5\\u672c" in done.stdout
    assert "always \\u4e2d\\u56fd" in done.stdout
    assert "always 日本".encode() in output.read_bytes() or "\\u65e5" in output.read_text()
