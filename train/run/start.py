"""The beginning of a run: its devices, its storage, and the state that it goes on from."""

import time
from dataclasses import replace

import jax
import numpy as np
from rich.console import Console

from train.algorithm.config import Config, config_to_dict
from train.algorithm.ppo import TrainState
from train.run.checkpoint import Checkpoints
from train.run.devices import ParallelTrainer, sharing_seeds
from train.run.folder import RunDir
from train.run.logs import Sink, TensorBoard, WandB
from train.run.loop import Storage


def with_devices(config: Config) -> Config:
    """Return the config with the number of devices that it asks for, or of all accelerators if it asks for none.

    It stays None where devices share the seeds, since that changes nothing of what is learned; one seed is learned on
    one CPU device, since a core's share of its environments would often be too little.

    Raises `ValueError` where there are too few devices, or the environments cannot be divided among them.
    """
    available, num_devices = jax.device_count(), config.run.num_devices
    if num_devices is None:
        one_machine_of_cores = jax.default_backend() == "cpu" and jax.process_count() == 1
        if one_machine_of_cores or sharing_seeds(config.run.num_seeds) == available:
            return config
        num_devices = available
    if num_devices > available:
        raise ValueError(f"--num-devices is {num_devices}; there are {available}")
    config = replace(config, run=replace(config.run, num_devices=num_devices))
    config.check()
    return config


def open_storage(
    run_dir: RunDir, config: Config, checkpoint_seconds: float, tensorboard: bool = False, wandb: bool = False
) -> Storage:
    """Return the storage of a run; `checkpoint_seconds` is the least time between two checkpoints, s.

    Raises `ValueError` where TensorBoard or Weights & Biases is asked for and not installed.
    """
    sinks: list[Sink] = []
    if tensorboard:
        sinks.append(TensorBoard(run_dir.path / "tensorboard"))
    if wandb:
        sinks.append(WandB(run_dir.path, config_to_dict(config)))
    return Storage(run_dir, Checkpoints(run_dir.checkpoints), checkpoint_seconds, sinks)


def first_state(trainer: ParallelTrainer, resumes: bool, storage: Storage | None, console: Console) -> TrainState:
    """Return the state of the last checkpoint if the run `resumes`, else the state before the first update.

    The update is compiled, too, and the time that this took is printed. Only process 0 has a `storage`; all processes
    must call this function.
    """
    started = time.perf_counter()
    saved = _last_checkpoint(trainer, storage) if resumes else None
    if saved is not None:
        console.print(f"resumed after update {int(saved.num_updates[0])}")
    state = trainer.init() if saved is None else trainer.from_host(saved)
    trainer.compile(state)
    console.print(f"compiled in {time.perf_counter() - started:.1f} s for {jax.devices()[0].device_kind}")
    return state


def _last_checkpoint(trainer: ParallelTrainer, storage: Storage | None) -> TrainState | None:
    """Return the last checkpoint on the disk of process 0, in every process; None where there is none yet."""
    found = storage is not None and storage.checkpoints.latest is not None
    state = storage.checkpoints.restore(trainer.host_shapes()) if storage and found else None
    if jax.process_count() > 1:
        from jax.experimental.multihost_utils import broadcast_one_to_all

        found = bool(broadcast_one_to_all(np.array(found)))
        if found:
            empty = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), trainer.host_shapes())
            state = jax.tree.map(np.asarray, broadcast_one_to_all(empty if state is None else state))
    return state
