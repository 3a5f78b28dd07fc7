"""The host side of training: blocks of updates, and between them progress, logs and checkpoints."""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np
from rich.console import Console

from train.algorithm.config import Learning
from train.algorithm.ppo import TrainState
from train.cli.progress import shown_progress
from train.run.checkpoint import Checkpoints
from train.run.devices import ParallelTrainer
from train.run.folder import RunDir
from train.run.interrupt import Interrupt
from train.run.logs import JsonLines, Record, Sink, make_record

NUM_BLOCKS = 50
"""The most blocks in a run."""
WATCHED_FOR_DIVERGENCE = ("policy_loss", "value_loss", "entropy", "approx_kl", "parameter_norm")


class Interrupted(Exception):
    """Raised after a signal to stop; everything up to the last block is saved."""

    def __init__(self, signal: int) -> None:
        """Take the number of the signal."""
        super().__init__(signal)
        self.status = 128 + signal


class Diverged(Exception):
    """Raised when a loss or the parameters are no longer finite; the last good checkpoint is kept."""


@dataclass(frozen=True)
class Storage:
    """Where a run is kept, and how often checkpoints are written; only process 0 has one."""

    run_dir: RunDir
    checkpoints: Checkpoints
    checkpoint_seconds: float
    """The least time between two checkpoints, s."""
    sinks: Sequence[Sink]


def train(trainer: ParallelTrainer, state: TrainState, storage: Storage | None, console: Console) -> TrainState:
    """Make the remaining updates after `state`, and return the last state on the host.

    The blocks begin and end at the same updates in every run of the same length, however often it was stopped.

    Raises:
        Interrupted: after SIGINT, SIGTERM or SIGHUP, with everything saved.
        Diverged: as soon as a block ends with a loss or parameters that are not finite.
    """
    learning, seeds = trainer.ppo.learning, trainer.seeds.tolist()
    block_size = -(-learning.num_updates // NUM_BLOCKS)
    done = int(state.num_updates[0])
    log = JsonLines(storage.run_dir.metrics, done * learning.batch_size) if storage else None
    sinks = [log, *storage.sinks] if storage and log else []
    clock = _Clock(learning, len(seeds), done, log.last if log else {})
    last_return = ""
    with Interrupt() as interrupt, shown_progress(console, "training", learning.num_updates, "updates", done) as show:
        while done < learning.num_updates:
            updates = min(block_size - done % block_size, learning.num_updates - done)
            state, means = trainer.update_block(state, updates)
            metrics = {name: np.asarray(value) for name, value in means.items()}
            done += updates
            _check_finite(metrics, seeds, done - updates, done)
            record = make_record(metrics, clock.reading(done))
            for sink in sinks:
                sink.write(record)
            last_return = _mean(record["return"]) or last_return
            show(done, f"{record['steps_per_second']:,.0f} steps/s  return {last_return or '-'}")
            stop = _any_process(interrupt.asked)
            if (
                _any_process(storage is not None and clock.checkpoint_due(storage))
                or stop
                or done == learning.num_updates
            ):
                host_state = trainer.to_host(state)
                if storage:
                    storage.checkpoints.save(done, host_state)
                    clock.checkpoint_written()
            if stop and done < learning.num_updates:
                raise Interrupted(interrupt.signal or signal.SIGINT)  # another process may have got the signal
    for sink in sinks:
        sink.close()
    return trainer.to_host(state)


class _Clock:
    """The wall time and the speed of a run; the time before it was resumed is included."""

    def __init__(self, learning: Learning, num_seeds: int, updates_before: int, last: Record) -> None:
        self._batch_size = learning.batch_size
        self._num_seeds = num_seeds
        self._updates_before = updates_before
        self._started = self._saved = time.perf_counter()
        self._seconds_before = float(last.get("seconds", 0.0))  # type: ignore[arg-type]  # always a number

    def reading(self, done: int) -> dict[str, float]:
        """Return, after `done` updates, the steps of each seed, and the speed of all seeds together."""
        seconds = time.perf_counter() - self._started
        steps_now = (done - self._updates_before) * self._batch_size * self._num_seeds
        return {
            "updates": done,
            "steps": done * self._batch_size,
            "seconds": round(self._seconds_before + seconds, 3),
            "steps_per_second": round(steps_now / seconds, 1),
        }

    def checkpoint_due(self, storage: Storage) -> bool:
        return time.perf_counter() - self._saved >= storage.checkpoint_seconds

    def checkpoint_written(self) -> None:
        self._saved = time.perf_counter()


def _check_finite(metrics: dict[str, np.ndarray], seeds: Sequence[int], first: int, last: int) -> None:
    broken = [name for name in WATCHED_FOR_DIVERGENCE if not np.isfinite(metrics[name]).all()]
    if broken:
        finite = np.all([np.isfinite(metrics[name]) for name in broken], axis=0)
        which = ", ".join(str(seed) for seed, ok in zip(seeds, finite, strict=True) if not ok)
        raise Diverged(
            f"training diverged between updates {first} and {last}: {', '.join(broken)} not finite (seed {which})"
        )


def _any_process(flag: bool) -> bool:
    """Return whether the flag is True in any process; all processes must call it."""
    if jax.process_count() == 1:
        return flag
    from jax.experimental.multihost_utils import process_allgather

    return bool(np.any(process_allgather(np.array(flag))))


def _mean(value: float | list[float | None] | None) -> str:
    """Write the mean over the seeds that have a value; empty where none has."""
    values = [x for x in (value if isinstance(value, list) else [value]) if x is not None]
    return f"{np.mean(values):.1f}" if values else ""
