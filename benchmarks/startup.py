"""How long a user of `python -m train.ppo` waits, in fresh processes: compiling, cold and cached, and `--help`."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
COMPILED = re.compile(r"^compiled in ([0-9.]+) s", re.MULTILINE)


@dataclass(frozen=True)
class Start:
    """The times of one run of the command, s."""

    compiling: float
    """The time that it printed for compiling, s, first states included."""
    whole: float
    """The time from the call to the end, s, training and comparison included."""


def cold_and_cached(flags: Sequence[str] = ()) -> tuple[Start, Start]:
    """Run `train.ppo` with `flags` and an empty folder for compiled programs, and again with the programs kept."""
    with TemporaryDirectory() as folder:
        environment = _environment(folder)
        first, second = (
            _start([*flags, "--run-dir", str(Path(folder, name))], environment) for name in ("cold", "cached")
        )
    return first, second


def compiling_cold(flags: Sequence[str] = ()) -> float:
    """Run `train.ppo` with `flags` and an empty folder for compiled programs; return what compiling took, s."""
    with TemporaryDirectory() as folder:
        return _start([*flags, "--run-dir", str(Path(folder, "run"))], _environment(folder)).compiling


def help_seconds() -> float:
    """Return how long `python -m train.ppo --help` takes from the call to the end, s."""
    return _timed(["--help"], dict(os.environ))[0]


def compiling_seconds(printed: str) -> float:
    """Return the time that the command printed for compiling, s. Raises `ValueError` where it printed none."""
    found = COMPILED.search(printed)
    if found is None:
        raise ValueError(f"train.ppo did not say how long it compiled; it printed {printed!r}")
    return float(found[1])


def _environment(folder: str) -> dict[str, str]:
    """The variables of a process that keeps its compiled programs in this folder alone."""
    kept = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    return kept | {"XDG_CACHE_HOME": str(Path(folder, "cache"))}


def _start(flags: list[str], environment: dict[str, str]) -> Start:
    seconds, printed = _timed(flags, environment)
    return Start(compiling_seconds(printed), seconds)


def _timed(flags: list[str], environment: dict[str, str]) -> tuple[float, str]:
    command = [sys.executable, "-m", "train.ppo", *flags]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise ValueError(f"{' '.join(command)} failed: {done.stderr}")
    return seconds, done.stdout
