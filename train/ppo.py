"""The command `python -m train.ppo`: from flags to a trained, saved and compared policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from jax_router.internal.checks import check_number, check_whole_number
from train.algorithm.config import Config, Learning, Problem, Run, learning_for, with_absolute_paths
from train.cli.command import parse_flags, without_help
from train.cli.compilation import start_jax
from train.cli.errors import Stopped, one_line_errors, signals_raise, stop
from train.run.meeting import meet

if TYPE_CHECKING:
    from rich.console import Console

    from jax_router.environment import AnyEnvironment
    from train.run.loop import Storage

PROGRAM = "python -m train.ppo"
PATIENCE = 60
"""How long the processes of one run wait for each other, s."""


@dataclass(frozen=True)
class StorageFlags:
    """The flags for the folder of a run, and for what it writes."""

    run_dir: Path | None = None
    """Keep the run in this folder, which must not hold anything yet; None makes a new folder under runs/."""
    resume: Path | None = None
    """Go on with the run in this folder, from its last checkpoint and with its config."""
    checkpoint_seconds: float = 30.0
    """Let at least this many seconds pass between two checkpoints; 0 writes one after every block of updates."""
    tensorboard: bool = False
    """Write the metrics for TensorBoard, too."""
    wandb: bool = False
    """Write the metrics to Weights & Biases, too."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        from train.run.logs import optional_module

        check_number("--checkpoint-seconds", self.checkpoint_seconds, at_least=0)
        if self.tensorboard:
            optional_module("tensorboardX", "tensorboard")
        if self.wandb:
            optional_module("wandb", "wandb")
        if self.resume is not None and self.run_dir is not None:
            raise ValueError("--run-dir is for a new run; --resume goes on in its own directory")


@dataclass(frozen=True)
class ProcessFlags:
    """The flags of one process in a run over several machines."""

    coordinator_address: str | None = None
    """Meet the other processes at this HOST:PORT, where process 0 listens; None is for a run of one process."""
    num_processes: int = 1
    """Share the run among this many processes."""
    process_id: int = 0
    """Be this one of the processes, from 0 on; only process 0 writes."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--num-processes", self.num_processes, at_least=1)
        check_whole_number("--process-id", self.process_id, at_least=0, at_most=self.num_processes - 1)
        if self.num_processes > 1 and self.coordinator_address is None:
            raise ValueError(f"--num-processes is {self.num_processes}; --coordinator-address HOST:PORT is missing")


@dataclass(frozen=True)
class Arguments:
    """Train a PPO agent to route prompts, and compare it with every static strategy.

    The defaults suit a short run. From 512 environments or 2,000,000 steps on, they are those of a long run: 2,048
    environments, 10,000,000 steps, fewer epochs and a smaller learning rate. Runs with --priced and environments other
    than LLMRouter have defaults of their own. --help shows those of the other flags that are given with it: try
    --num-envs 2048 --help.
    """

    problem: tyro.conf.OmitArgPrefixes[Problem]
    learning: tyro.conf.OmitArgPrefixes[Learning]
    run: tyro.conf.OmitArgPrefixes[Run]
    storage: tyro.conf.OmitArgPrefixes[StorageFlags] = StorageFlags()
    processes: tyro.conf.OmitArgPrefixes[ProcessFlags] = ProcessFlags()

    @property
    def config(self) -> Config:
        """Everything that decides what the run learns, with absolute paths."""
        return with_absolute_paths(Config(self.problem, self.learning, self.run))

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.config.check()
        self.storage.check()
        self.processes.check()


def parse(args: Sequence[str] | None = None) -> Arguments:
    """Parse the flags; their defaults are those that suit the problem, or the values of the run to resume.

    `--help` shows these defaults, too.

    Raises `ValueError` for a `--resume` of something that is no run, or with flags that differ from that run's.
    """
    first = _cli(without_help(args), Config())
    if first.storage.resume is None:
        # A flag that is given counts whatever its default is.
        plain = _cli(without_help(args), Config(learning=Learning(network="shared"))).learning.network == "plain"
        return _cli(args, Config(learning=learning_for(first.problem, first.learning, plain)))
    from train.run.folder import check_same_config, read_config

    saved = read_config(first.storage.resume)
    arguments = _cli(args, saved)
    check_same_config(first.storage.resume, saved, arguments.config)
    return arguments


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; exit with 2 after one line for bad input, with 1 where training diverged.

    After SIGINT, SIGTERM or SIGHUP it exits with 130, 143 or 129.
    """
    try:
        with one_line_errors(), signals_raise():
            arguments = parse(args)
            arguments.check()
            _start_jax(arguments.processes)
            _train(arguments.config, arguments.storage)
    except Stopped as stopped:
        stop("interrupted before the first block of updates was done", stopped.status)


def _cli(args: Sequence[str] | None, default: Config) -> Arguments:
    return parse_flags("train.ppo", Arguments, args, Arguments(default.problem, default.learning, default.run))


def _start_jax(processes: ProcessFlags) -> None:
    """Start JAX with the cores of this machine, or with the devices of all processes of the run."""
    if processes.coordinator_address is None:
        start_jax()
    else:
        start_jax(partial(meet, processes.coordinator_address, processes.num_processes, processes.process_id, PATIENCE))


def _train(config: Config, flags: StorageFlags) -> None:
    # JAX and what needs it are imported only here, so that `--help` or a typo does not take seconds.
    import jax
    from rich.console import Console

    from train.algorithm.environments import make_environment
    from train.cli.console import console, print_sentences
    from train.run.folder import RunDir, locked, new_run_dir
    from train.run.inputs import what_changed, with_kept_inputs
    from train.run.start import open_storage, with_devices

    config = with_devices(config)
    if jax.process_index() != 0:
        _train_and_report(config, *make_environment(config.problem), flags, None, Console(quiet=True))
        return
    out = console()
    if flags.resume is None:
        env, env_params = make_environment(config.problem)  # a wrong problem raises before the run's folder is made
        run_dir = new_run_dir(flags.run_dir, config)
    else:
        run_dir = RunDir(flags.resume)
        for sentence in what_changed(run_dir.path, config):
            print_sentences(out, sentence)
        env, env_params = make_environment(with_kept_inputs(run_dir.path, config).problem)
    with locked(run_dir):
        storage = open_storage(run_dir, config, flags.checkpoint_seconds, flags.tensorboard, flags.wandb)
        _train_and_report(config, env, env_params, flags, storage, out)


def _train_and_report(
    config: Config,
    env: "AnyEnvironment",
    env_params: Any,
    flags: StorageFlags,
    storage: "Storage | None",
    out: "Console",
) -> None:
    """Run the training, and say how to go on where it stops early; only process 0 has a `storage`."""
    from jax_router.environment import FleetEnvironment
    from train.algorithm.ppo import PPO
    from train.cli.console import print_sentences
    from train.run.devices import ParallelTrainer
    from train.run.finish import compare_policies, print_returns, print_unseen_fleets, save_policies
    from train.run.loop import Diverged, Interrupted, train
    from train.run.start import first_state

    trainer = ParallelTrainer(PPO(config.learning, env), env_params, config.run.seeds, config.run.num_devices)
    go_on = f"{PROGRAM} --resume {storage.run_dir.path}" if storage else "process 0 says how"
    try:
        state = first_state(trainer, flags.resume is not None, storage, out)
        state = train(trainer, state, storage, out)
    except Interrupted as interrupted:
        stop(f"interrupted; everything is saved, go on with: {go_on}", interrupted.status)
    except Stopped as stopped:
        if storage is None or storage.checkpoints.latest is None:
            raise
        last = f"the last checkpoint is that of update {storage.checkpoints.latest}"
        stop(f"stopped at once; {last}, go on with: {go_on}", stopped.status)
    except Diverged as error:
        stop(f"error: {error}; {_last_good(storage)}", 1)
    if storage is None:
        return
    try:
        policies = save_policies(config, env, state, storage.run_dir, out)
        if config.problem.random_fleets:
            print_unseen_fleets(config, policies, out)
        elif isinstance(env, FleetEnvironment):
            compare_policies(config, env, env_params, policies, storage.run_dir, out)
        else:
            print_returns(config, env, env_params, state, out)
    except Stopped as stopped:
        stop(f"interrupted after the training; the run is saved, compare it with: {go_on}", stopped.status)
    for seed in config.run.seeds:
        print_sentences(out, f"policy saved: {storage.run_dir.policy(config, seed)}")


def _last_good(storage: "Storage | None") -> str:
    """Say which checkpoint is left after a run diverged."""
    if storage is None:
        return "process 0 says which checkpoint is left"
    kept = storage.checkpoints.latest
    last = f"the last good checkpoint is that of update {kept}" if kept else "there is no checkpoint before that"
    return f"{last}, in {storage.run_dir.path}"


if __name__ == "__main__":
    main()
