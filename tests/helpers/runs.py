"""One test makes a training run, and many read it."""

from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from filelock import FileLock

from train.ppo import main

SMALL = ("--total-timesteps", "512", "--num-envs", "16", "--num-steps", "8", "--eval-episodes", "4")
"""These flags of `train.ppo` make a run of four updates."""


@dataclass(frozen=True)
class Run:
    """This is what `python -m train.ppo` left behind; a test that changes the folder copies it first."""

    folder: Path
    printed: str


def made_once(folder: Path, args: Iterable[str]) -> Run:
    """Return the run in `folder`. The first process that asks for it trains it with `args` while the others wait."""
    output = folder.with_suffix(".txt")
    with FileLock(folder.with_suffix(".lock")):
        if not output.exists():
            with redirect_stdout(StringIO()) as printed:
                main([*args, "--run-dir", str(folder)])
            output.write_text(printed.getvalue())
    return Run(folder, output.read_text())
