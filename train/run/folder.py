"""The folder of a run: its files, making a new one, and opening one to go on with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from router_serving.files import write_text
from train.algorithm.config import Config, config_from_dict, config_to_dict
from train.run.inputs import keep_inputs


@dataclass(frozen=True)
class RunDir:
    """The folder of one run."""

    path: Path

    @property
    def config(self) -> Path:
        """The file of the config, with every default filled in."""
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        """The file of the metrics, with one line for each block of updates."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints that `--resume` goes on from."""
        return self.path / "checkpoints"

    @property
    def comparison(self) -> Path:
        """The file of the comparison that ends the run, with every column of its table."""
        return self.path / "comparison.md"

    def policy(self, config: Config, seed: int) -> Path:
        """Return the policy file of one seed; with a single seed, it lies directly in the run's folder."""
        return self.path / ("policy.npz" if config.run.num_seeds == 1 else f"seed-{seed}/policy.npz")


def policy_files(path: Path) -> list[Path]:
    """Return the policy files of a run with several seeds, in the order of the seeds; any other path is kept."""
    seeds = sorted(path.glob("seed-*/policy.npz"), key=lambda file: (len(file.parent.name), file.parent.name))
    return seeds or [path]


def new_run_dir(path: Path | None, config: Config) -> RunDir:
    """Make the folder of a new run. Raises `ValueError` where it is not empty, since nothing is overwritten."""
    if path is None:
        problem = config.problem
        name = problem.scenario if problem.is_router else problem.env
        path = Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{name}-seed{config.run.seed}"
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(
            f"--run-dir is {path}; there is something in it already: choose another, or go on with --resume {path}"
        )
    path.mkdir(parents=True, exist_ok=True)
    run_dir = RunDir(path)
    keep_inputs(path, config)
    write_text(run_dir.config, json.dumps(config_to_dict(config), indent=2) + "\n")
    return run_dir


@contextmanager
def locked(run_dir: RunDir) -> Iterator[None]:
    """Lock a run for this process, until its end at most. Raises `ValueError` where another process has the lock."""
    lock = FileLock(run_dir.path / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(f"{run_dir.path}: another process is at work on this run; wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.release()


def read_config(path: Path) -> Config:
    """Read the config of a run. Raises `ValueError` where there is no run, or this version cannot read its config."""
    file = RunDir(path).config
    if not file.is_file():
        raise ValueError(f"--resume is {path}; there is no run in it (no config.json)")
    try:
        return config_from_dict(json.loads(file.read_text()))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{file}: {error}") from None


def check_same_config(path: Path, saved: Config, asked: Config) -> None:
    """Raise a `ValueError` that lists the fields in which the flags of a `--resume` differ from the run's config."""
    theirs, ours = config_to_dict(saved), config_to_dict(asked)
    differences = [
        f"--{name.replace('_', '-')} is {ours[name]} (the run's: {value})"
        for name, value in theirs.items()
        if ours[name] != value
    ]
    if saved.problem.priced != asked.problem.priced:
        kind = "priced: it is" if saved.problem.priced else "not priced: it is never"
        differences.append(f"that run is {kind} told the price of money, and cannot learn otherwise; train a new one")
    if differences:
        raise ValueError(f"--resume {path} goes on with the config of that run; {'; '.join(differences)}")
