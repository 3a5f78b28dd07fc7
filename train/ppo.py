"""The command `python -m train.ppo`: from flags to a trained, saved and compared policy."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from jax_router.internal.checks import check_number, check_whole_number
from train.algorithm.config import SHORT_RUN, Config, check_config, config_to_dict, defaults_for, with_absolute_paths
from train.cli.compilation import keep_compiled_programs
from train.cli.errors import one_line_errors, stop
from train.run.folder import RunDir, check_same_config, new_run_dir, read_config
from train.run.logs import optional_module

if TYPE_CHECKING:
    from rich.console import Console

    from train.run.devices import ParallelTrainer
    from train.run.loop import Storage

PROGRAM = "python -m train.ppo"


@dataclass(frozen=True)
class Arguments:
    """Train a PPO agent to route prompts, and compare it with every static strategy.

    The defaults suit a short run. From 512 environments or 2,000,000 steps on, the defaults are those of a long run:
    2,048 environments, 10,000,000 steps, fewer epochs and a smaller learning rate. Other environments than
    LLMRouter-v0 have defaults of their own.
    """

    config: tyro.conf.OmitArgPrefixes[Config] = SHORT_RUN

    run_dir: Path | None = None
    """Where the run is kept; must not hold one yet. Default: a new folder under runs/."""
    resume: Path | None = None
    """A run to go on with, from its last checkpoint and with its config."""
    checkpoint_seconds: float = 30.0
    """At least this long between two checkpoints; 0 for one after every block of updates."""
    tensorboard: bool = False
    """Write the metrics for TensorBoard, too."""
    wandb: bool = False
    """Write the metrics to Weights & Biases, too."""

    coordinator_address: str | None = None
    """HOST:PORT of process 0, for a run over several machines."""
    num_processes: int = 1
    """Processes of such a run."""
    process_id: int = 0
    """Which of them this is; only process 0 writes."""


def parse(args: Sequence[str] | None = None) -> Arguments:
    """Command-line flags; the defaults of a config are those that suit it, or those of the run to resume.

    Raises `ValueError` for a `--resume` of something that is no run, or with flags that differ from that run's.
    """
    first = _cli(args, SHORT_RUN)
    if first.resume is None:
        arguments = _cli(args, defaults_for(first.config))
        return replace(arguments, config=with_absolute_paths(arguments.config))
    saved = read_config(first.resume)
    arguments = _cli(args, saved)
    arguments = replace(arguments, config=with_absolute_paths(arguments.config))
    check_same_config(first.resume, saved, arguments.config)
    return arguments


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input, with 1 where training diverged, with 130 after SIGINT."""
    try:
        with one_line_errors():
            arguments = parse(args)
            check_arguments(arguments)
            _start_jax(arguments)
            _run(arguments)
    except KeyboardInterrupt:
        stop("interrupted before the first block of updates was done", 130)


def check_arguments(arguments: Arguments) -> None:
    """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
    check_config(arguments.config)
    check_number("--checkpoint-seconds", arguments.checkpoint_seconds, at_least=0)
    check_whole_number("--num-processes", arguments.num_processes, at_least=1)
    check_whole_number("--process-id", arguments.process_id, at_least=0, at_most=arguments.num_processes - 1)
    if arguments.tensorboard:
        optional_module("tensorboardX", "tensorboard")
    if arguments.wandb:
        optional_module("wandb", "wandb")
    if arguments.resume is not None and arguments.run_dir is not None:
        raise ValueError("--run-dir is for a new run; --resume goes on in its own directory")
    if arguments.num_processes > 1 and arguments.coordinator_address is None:
        raise ValueError(f"--num-processes is {arguments.num_processes}; --coordinator-address HOST:PORT is missing")


def _run(arguments: Arguments) -> None:
    import jax

    from train.algorithm.environments import make_environment

    config = arguments.config
    if config.num_devices is None:
        config = replace(config, num_devices=jax.device_count())
    if config.num_devices > jax.device_count():  # type: ignore[operator]  # set above
        raise ValueError(f"--num-devices is {config.num_devices}; there are {jax.device_count()}")
    check_config(config)
    env, env_params = make_environment(config)

    # Late, like all of JAX: `--help` or a typo should not take seconds.
    from rich.console import Console

    from train.algorithm.ppo import PPO
    from train.evaluation.scores_table import console as table_console
    from train.run.devices import ParallelTrainer
    from train.run.finish import report
    from train.run.loop import Diverged, Interrupted, train

    writes = jax.process_index() == 0
    console = table_console() if writes else Console(quiet=True)
    trainer = ParallelTrainer(PPO(config, env), env_params, config.num_devices)  # type: ignore[arg-type]  # set above
    storage = _open_storage(arguments, config) if writes else None
    where = storage.run_dir.path if storage else None
    try:
        state = _first_state(trainer, arguments, storage, console)
        state = train(trainer, state, storage, console)
    except Interrupted:
        stop(f"interrupted; everything is saved, go on with: {PROGRAM} --resume {where}", 130)
    except Diverged as error:
        kept = storage.checkpoints.latest if storage else None
        last = f"the last good checkpoint is that of update {kept}" if kept else "there is no checkpoint before that"
        stop(f"error: {error}; {last}, in {where}", 1)
    if storage:
        report(trainer.ppo.config, env, env_params, state, storage.run_dir, console)


def _open_storage(arguments: Arguments, config: Config) -> "Storage":
    from train.run.checkpoint import Checkpoints
    from train.run.logs import Sink, TensorBoard, WandB
    from train.run.loop import Storage

    run_dir = RunDir(arguments.resume) if arguments.resume else new_run_dir(arguments.run_dir, config)
    sinks: list[Sink] = []
    if arguments.tensorboard:
        sinks.append(TensorBoard(run_dir.path / "tensorboard"))
    if arguments.wandb:
        sinks.append(WandB(run_dir.path, config_to_dict(config)))
    return Storage(run_dir, Checkpoints(run_dir.checkpoints), arguments.checkpoint_seconds, sinks)


def _first_state(
    trainer: "ParallelTrainer", arguments: Arguments, storage: "Storage | None", console: "Console"
) -> Any:
    """The state of the last checkpoint of a run to resume, else that before the first update; and all compiled."""
    import jax

    started = time.perf_counter()
    state = trainer.init()
    if arguments.resume is not None:
        saved = _last_checkpoint(trainer, storage)
        if saved is not None:
            state = trainer.from_host(saved)
            console.print(f"resumed after update {int(state.num_updates[0])}")
    trainer.compile(state)
    console.print(f"compiled in {time.perf_counter() - started:.1f} s for {jax.devices()[0].device_kind}")
    return state


def _last_checkpoint(trainer: "ParallelTrainer", storage: "Storage | None") -> Any:
    """What process 0 finds on its disk, the same in every process; None where there is no checkpoint yet."""
    import jax
    import numpy as np

    found = storage is not None and storage.checkpoints.latest is not None
    state = storage.checkpoints.restore(trainer.host_shapes()) if storage and found else None
    if jax.process_count() > 1:
        from jax.experimental.multihost_utils import broadcast_one_to_all

        found = bool(broadcast_one_to_all(np.array(found)))
        if found:
            empty = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), trainer.host_shapes())
            state = jax.tree.map(np.asarray, broadcast_one_to_all(empty if state is None else state))
    return state


def _start_jax(arguments: Arguments) -> None:
    """What has to be set before JAX's backend starts: where compiled programs are kept, and who else takes part."""
    import jax

    keep_compiled_programs()
    if arguments.coordinator_address is not None:
        jax.distributed.initialize(arguments.coordinator_address, arguments.num_processes, arguments.process_id)


def _cli(args: Sequence[str] | None, default: Config) -> Arguments:
    return tyro.cli(Arguments, args=args, default=Arguments(default), prog=PROGRAM)


if __name__ == "__main__":
    main()
