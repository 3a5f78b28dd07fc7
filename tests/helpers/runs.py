"""Training runs that many tests read and one of them makes."""

from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from filelock import FileLock

from train.ppo import main

SMALL = ("--total-timesteps", "512", "--num-envs", "16", "--num-steps", "8", "--eval-episodes", "4")
"""Four updates."""


@dataclass(frozen=True)
class Run:
    """What `python -m train.ppo` left behind. Tests that change the folder copy it first."""

    folder: Path
    printed: str


def made_once(folder: Path, args: Iterable[str]) -> Run:
    """The run in `folder`, which the first process to ask for trains with `args` while the others wait."""
    output = folder.with_suffix(".txt")
    with FileLock(folder.with_suffix(".lock")):
        if not output.exists():
            with redirect_stdout(StringIO()) as printed:
                main([*args, "--run-dir", str(folder)])
            output.write_text(printed.getvalue())
    return Run(folder, output.read_text())
