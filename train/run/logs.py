"""The logs of a run: `metrics.jsonl` is always written, TensorBoard and Weights & Biases on request."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np

from router_serving.files import write_text

Record = dict[str, float | list[float | None] | None]
"""The numbers of one block by name; with several seeds, each is a list with one number a seed. None: not finite."""


class Sink(Protocol):
    """A destination of records."""

    def write(self, record: Record) -> None:
        """Take one block's record; `record["steps"]` tells where in the run it belongs."""

    def close(self) -> None:
        """Close the sink after the last record."""


def make_record(metrics: Mapping[str, np.ndarray], progress: Mapping[str, float]) -> Record:
    """Make a block's record from its metrics, each of shape (S,), and from `progress` (steps, seconds, ...).

    `return` is the mean return of the episodes that ended in the block. Numbers that are not finite become None,
    because JSON cannot write them.
    """
    values = dict(metrics)
    episodes, returns = values.pop("episodes"), values.pop("returns")
    with np.errstate(invalid="ignore", divide="ignore"):
        values = {"return": returns / episodes, **values}
    record: Record = dict(progress)
    for name, value in values.items():
        numbers = [float(x) if math.isfinite(x) else None for x in value]
        record[name] = numbers if len(numbers) > 1 else numbers[0]
    return record


class JsonLines:
    """A file of JSON lines, one for each block."""

    def __init__(self, path: Path, steps_done: int) -> None:
        """Go on after the line of `steps_done`; later lines, which an interrupted run wrote, are dropped."""
        kept = [line for line in _whole_lines(path) if _steps(line) <= steps_done]
        self.last: Record = json.loads(kept[-1]) if kept else {}
        write_text(path, "".join(kept), replace=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, record: Record) -> None:
        """Append a line, at once."""
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TensorBoard:
    """Event files for TensorBoard, in `directory`."""

    def __init__(self, directory: Path) -> None:
        """Raises `ValueError` where tensorboardX is not installed."""
        self._writer = optional_module("tensorboardX", "tensorboard").SummaryWriter(str(directory))

    def write(self, record: Record) -> None:
        """One scalar a name, and a seed where there are several."""
        for name, value in _scalars(record).items():
            self._writer.add_scalar(name, value, int(record["steps"]))  # type: ignore[arg-type]  # always a number

    def close(self) -> None:
        """Flush and close."""
        self._writer.close()


class WandB:
    """A Weights & Biases run, its files in `directory`."""

    def __init__(self, directory: Path, config: Mapping[str, object]) -> None:
        """Raises `ValueError` where wandb is not installed."""
        self._run = optional_module("wandb", "wandb").init(
            project="jax-router", dir=str(directory), config=dict(config)
        )

    def write(self, record: Record) -> None:
        """One scalar a name, and a seed where there are several."""
        self._run.log(_scalars(record), step=int(record["steps"]))  # type: ignore[arg-type]  # always a number

    def close(self) -> None:
        """Finish the run there."""
        self._run.finish()


def _scalars(record: Record) -> dict[str, float]:
    scalars: dict[str, float] = {}
    for name, value in record.items():
        values = {f"{name}/seed_{i}": x for i, x in enumerate(value)} if isinstance(value, list) else {name: value}
        scalars |= {key: x for key, x in values.items() if x is not None}
    return scalars


def optional_module(module: str, extra: str) -> ModuleType:
    """Import a module that an extra installs. Raises a `ValueError` that says how to install it where it is missing."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise ValueError(f'--{extra} needs {module}: pip install "jax-router[{extra}]"') from None


def _whole_lines(path: Path) -> list[str]:
    """Return the whole lines of a file that may be missing, and whose last line may be cut off."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _steps(line: str) -> float:
    """Return the steps of a line; for a damaged line, more steps than any run has, so that the line is dropped."""
    try:
        return float(json.loads(line)["steps"])
    except (ValueError, KeyError, TypeError):
        return math.inf
