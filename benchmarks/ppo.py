"""The command `python -m benchmarks.ppo`: whole training, against its networks alone, Stable-Baselines3 and rejax.

All runs have the hyper-parameters of `LONG_RUN` (`train.algorithm.config`): 4 epochs, 4 minibatches, 64x64 networks.
`training.NetworksAlone` defines "the networks alone"; `batch_memory.py` measures memory, `startup.py` waiting times.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from benchmarks.flags import Flags, run_command
from benchmarks.measure import Rate, Run, in_turns
from benchmarks.report import Report, Table, Target, machine, on_accelerator
from jax_router.internal.checks import check_whole_number
from train.algorithm.config import LONG_RUN, Learning, Problem
from train.cli.compilation import use_every_core

Part = Literal["networks", "opponent", "rejax", "memory", "startup"]
PARTS: tuple[Part, ...] = get_args(Part)
OPPONENT_ENVS = 64
"""The number of environments that Stable-Baselines3 usually runs with."""
OPPONENT_STEPS = 4096
"""The steps of Stable-Baselines3 in one timed call; where one update has more, a call makes one update."""
ACCELERATOR_AIM = 2e7
"""The aim on one data-centre GPU, training steps/s."""
MIB = 2**20
NEXT = ("--env", "LLMRouter-v1", "--total-timesteps", "100000")
"""The flags of `train.ppo` for a short run on the second environment."""


@dataclass(frozen=True)
class Arguments(Flags):
    """Measure whole training against its networks, Stable-Baselines3 and rejax, its memory, and how long it starts."""

    num_envs: int = LONG_RUN.num_envs
    """Run this many environments side by side."""
    parts: tuple[Part, ...] = PARTS
    """Measure these parts, out of networks, opponent (Stable-Baselines3), rejax, memory and startup."""

    @property
    def learning(self) -> Learning:
        """The settings of the training that is measured."""
        return replace(LONG_RUN, num_envs=self.num_envs)

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_whole_number("--num-envs", self.num_envs, at_least=1)
        self.learning.check()


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("benchmarks.ppo", Arguments, measure, args)


def measure(arguments: Arguments) -> Report:
    """Return the tables and targets of the parts that were asked for."""
    parts = {
        "networks": measure_networks,
        "opponent": measure_opponent,
        "rejax": measure_rejax,
        "memory": measure_memory,
        "startup": measure_startup,
    }
    use_every_core()  # as the command does
    tables, targets = [], []
    for part in PARTS:
        if part in arguments.parts:
            table, its_targets = parts[part](arguments)
            tables.append(table)
            targets += its_targets
    return Report("python -m benchmarks.ppo", tables, targets, machine())


def measure_networks(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure the share of the training time that the networks do not take."""
    from benchmarks.training import NetworksAlone, compiled_training

    training = compiled_training(arguments.learning, arguments.seconds)
    runs: dict[str, Run] = {
        f"training, {arguments.num_envs:,} environments": training,
        "its networks alone": NetworksAlone(training),
        "its networks and the loss alone": NetworksAlone(training, with_loss=True),
    }
    whole, *floors = in_turns(runs, arguments.repeats)
    rows = [["what", "steps/s", "range", "share of training's time", "the rest"]]
    rows.append([whole.name, f"{whole.median:,.0f}", whole.spread, "", ""])
    for floor in floors:
        rest = rest_share(whole, floor)
        rows.append([floor.name, f"{floor.median:,.0f}", floor.spread, f"{1 - rest:.1%}", f"{rest:.1%}"])
    note = (
        f"Compiling the training took {training.compile_seconds:.1f} s, first states included. The networks alone: the "
        "forward passes of a rollout, and the forward and backward passes of every epoch, on random data."
    )
    what = "`benchmarks.ppo`, time that is not the network"
    target = Target(what, "its networks alone", rest_share(whole, floors[0]), 0.25, 0.20, "share", below=True)
    fastest = whole.median if on_accelerator() else None
    accelerator = Target(
        "`benchmarks.ppo`, training", "", fastest, ACCELERATOR_AIM, None, "steps/s", where="accelerator"
    )
    return Table(f"whole training, median of {arguments.repeats} turns", rows, note), [target, accelerator]


def rest_share(whole: Rate, part: Rate) -> float:
    """Return the share of the whole's time that the part does not take, the median over the turns."""
    return statistics.median(1 - ratio for ratio in whole.ratios(part))


def measure_opponent(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure training steps/s, and those of Stable-Baselines3 if installed, with many and with few environments."""
    import jax

    from benchmarks.opponent import MISSING, is_installed, opponent_training
    from benchmarks.training import compiled_training

    few = replace(arguments.learning, num_envs=min(OPPONENT_ENVS, arguments.num_envs))
    settings = {learning.num_envs: learning for learning in (arguments.learning, few)}
    trainings = {
        f"ours, {n:,} environments": compiled_training(learning, arguments.seconds) for n, learning in settings.items()
    }
    devices = math.gcd(jax.device_count(), arguments.num_envs)
    if devices > 1:
        shared = compiled_training(arguments.learning, arguments.seconds, num_devices=devices)
        trainings[f"ours, {arguments.num_envs:,} environments, --num-devices {devices}"] = shared
    opponents: dict[str, Run] = {}
    if is_installed():
        opponents = {
            f"Stable-Baselines3, {n:,} environments": opponent_training(
                learning, max(1, OPPONENT_STEPS // learning.batch_size)
            )
            for n, learning in settings.items()
        }
    rates = {rate.name: rate for rate in in_turns({**trainings, **opponents}, arguments.repeats)}
    rows = [["what", "steps/s", "range", *(f"over {name}" for name in opponents), "compiling, s"]]
    for name, rate in rates.items():
        ratios = [f"{rate.over(rates[other]):.1f}" if name in trainings else "" for other in opponents]
        compiling = f"{trainings[name].compile_seconds:.1f}" if name in trainings else ""
        rows.append([name, f"{rate.median:,.0f}", rate.spread, *ratios, compiling])
    ours, theirs = rates[next(iter(trainings))], f"Stable-Baselines3, {few.num_envs} environments"
    measured = ours.over(rates[theirs]) if opponents else None
    targets = [
        Target(f"`benchmarks.ppo`, training steps/s, {arguments.num_envs:,} environments", theirs, measured, 25, 40)
    ]
    note = "The same networks, rollout, epochs, minibatches and rates; Stable-Baselines3 on the NumPy environment."
    return Table(f"training steps, median of {arguments.repeats} turns", rows, note if opponents else MISSING), targets


def measure_rejax(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure training steps/s on gymnax's CartPole-v1, and those of rejax's PPO with equal settings if installed."""
    from benchmarks.rejax_opponent import MISSING, is_installed, rejax_training, settings_of_rejax
    from benchmarks.rivals import OPPONENT
    from benchmarks.training import compiled_training

    learning, name = settings_of_rejax(arguments.num_envs), f"rejax, {arguments.num_envs:,} environments"
    runs: dict[str, Run] = {
        "ours": compiled_training(learning, arguments.seconds, env_id=OPPONENT),
        **({name: rejax_training(learning, arguments.seconds)} if is_installed() else {}),
    }
    ours, *others = in_turns(runs, arguments.repeats)
    rows = [["what", "steps/s", "range", "ours over it"]]
    rows.append([ours.name, f"{ours.median:,.0f}", ours.spread, ""])
    rows += [[rate.name, f"{rate.median:,.0f}", rate.spread, f"{ours.over(rate):.2f}"] for rate in others]
    measured = ours.over(others[0]) if others else None
    note = "Equal networks, rollouts, epochs, minibatches and clipping; nothing is normalised but advantages."
    target = Target(f"`benchmarks.ppo`, training on {OPPONENT}", name, measured, 1.6, 2)
    return Table(f"training on {OPPONENT}, median of {arguments.repeats} turns", rows, note if others else MISSING), [
        target
    ]


def measure_memory(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure the bytes of a compiled update, and those of its batch."""
    from benchmarks.batch_memory import batch_memory
    from train.algorithm.environments import make_environment
    from train.algorithm.ppo import PPO

    env, env_params = make_environment(Problem())
    memory = batch_memory(PPO(arguments.learning, env), env_params)
    rows = [["what", "MiB", "the program, in multiples of it"]]
    for what, size in (
        ("the program of an update: arguments, results, temporary arrays", memory.program),
        ("its batch: all that is kept of every step", memory.stored),
        ("the part of the batch that the loss needs", memory.learned_from),
    ):
        rows.append([what, f"{size / MIB:.2f}", f"{memory.program / size:.2f}"])
    multiple = memory.program / memory.stored
    target = Target("memory of a run", "its own batch, in bytes", multiple, 6, 4, below=True)
    return Table(f"memory, {arguments.num_envs:,} environments", rows), [target]


def measure_startup(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure how long a user of `train.ppo` waits."""
    from benchmarks.startup import cold_and_cached, compiling_cold, help_seconds

    repeats = 1 if arguments.quick else 3
    starts = [cold_and_cached() for _ in range(repeats)]
    measured = {
        "compiling, cold": [cold.compiling for cold, _ in starts],
        "compiling, cached": [cached.compiling for _, cached in starts],
        "compiling LLMRouter-v1, cold": [compiling_cold(NEXT) for _ in range(repeats)],
        "the whole run, cold": [cold.whole for cold, _ in starts],
        "the whole run, cached": [cached.whole for _, cached in starts],
        "--help": [help_seconds() for _ in range(arguments.repeats)],
    }
    rows = [["python -m train.ppo", "s", "range", "processes"]]
    for name, seconds in measured.items():
        spread = f"{min(seconds):.2f} .. {max(seconds):.2f}"
        rows.append([name, f"{statistics.median(seconds):.2f}", spread, str(len(seconds))])
    note = "Compiling is what the command says it took, first states included; the whole run ends with the comparison."

    def target(name: str, what: str, wanted: float, aim: float) -> Target:
        return Target(what, "", statistics.median(measured[name]), wanted, aim, "s", below=True)

    return Table("starting, each in a process of its own", rows, note), [
        target("compiling, cold", "compiling, `train.ppo`, cold", 5, 3),
        target("compiling LLMRouter-v1, cold", "compiling, `train.ppo --env LLMRouter-v1`, cold", 10, 5),
        target("the whole run, cached", "`train.ppo`, from typing to the table, cached", 4, 2.5),
        target("--help", "`python -m train.ppo --help`", 0.4, 0.2),
    ]


if __name__ == "__main__":
    main()
