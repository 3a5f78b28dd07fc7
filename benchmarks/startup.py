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
    """One run of the command, s."""

    compiling: float
    """What it says it took to compile, first states included."""
    whole: float
    """From the call to the end, training and comparison included."""


def cold_and_cached(flags: Sequence[str] = ()) -> tuple[Start, Start]:
    """`train.ppo` with `flags`, with an empty folder for compiled programs, and again with what is there then."""
    with TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
        environment["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        first, second = (
            _start([*flags, "--run-dir", str(Path(folder, name))], environment) for name in ("cold", "cached")
        )
    return first, second


def help_seconds() -> float:
    """Of `python -m train.ppo --help`, from the call to the end."""
    return _timed(["--help"], dict(os.environ))[0]


def compiling_seconds(printed: str) -> float:
    """What the command said it took to compile. Raises `ValueError` where it said nothing."""
    found = COMPILED.search(printed)
    if found is None:
        raise ValueError(f"train.ppo did not say how long it compiled; it printed {printed!r}")
    return float(found[1])


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
