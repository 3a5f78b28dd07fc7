"""The command `python -m benchmarks.gym`: our Gymnasium environments against a NumPy environment with equal dynamics.

`AsyncVectorEnv` would need 100 GB for 2,048 processes. It runs as many as are fast on these cores instead, and is
compared by steps/s.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import gymnasium
import numpy as np
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv, VectorEnv

import gym_compat  # noqa: F401  # registers LLMRouter-v0
from benchmarks.fast_numpy_env import FastNumpyRouterEnv
from benchmarks.flags import Flags, run_command
from benchmarks.measure import Rate, Run, in_turns
from benchmarks.numpy_env import NumpyRouterEnv
from benchmarks.report import Report, Table, Target, machine
from jax_router.internal.checks import check_whole_number

IMPORT_CODE = """
import time, gymnasium
start = time.perf_counter()
import gym_compat
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Arguments(Flags):
    """Measure our Gymnasium environments against a plain NumPy environment with the same dynamics."""

    num_envs: int = 2048
    """Run this many environments in the vector environment."""
    num_processes: int = 2 * (os.cpu_count() or 1)
    """Let AsyncVectorEnv run this many processes, with one environment each."""

    @property
    def single_steps(self) -> int:
        """The number of steps in one timed call with a single environment."""
        return 4000 if self.quick else 20_000

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_whole_number("--num-envs", self.num_envs, at_least=1)
        check_whole_number("--num-processes", self.num_processes, at_least=1)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("benchmarks.gym", Arguments, measure, args)


def measure(arguments: Arguments) -> Report:
    """Return one table for each kind of environment, and one of the time before a user's first step."""
    imports = import_seconds(min(arguments.repeats, 5))
    single, single_targets = measure_single(arguments)
    vector, vector_targets = measure_vector(arguments)
    spread = f"{min(imports):.3f} .. {max(imports):.3f}"
    rows = [["what", "s", "range"], ["import gym_compat after gymnasium", f"{statistics.median(imports):.3f}", spread]]
    table = Table("starting, each in a process of its own", rows)
    targets = [
        *single_targets,
        *vector_targets,
        Target("import gym_compat after gymnasium", "", statistics.median(imports), 0.3, None, "s", below=True),
    ]
    return Report("python -m benchmarks.gym", [single, vector, table], targets, machine())


def measure_single(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure one environment of each kind."""
    env = gymnasium.make("LLMRouter-v0").unwrapped
    compiling = first_call(env)
    runs = {
        "gym_compat, 1 environment": single_run(env, arguments.single_steps),
        "NumPy, 1 environment": single_run(NumpyRouterEnv(), arguments.single_steps),
        "NumPy and Python's floats, 1 environment": single_run(FastNumpyRouterEnv(), arguments.single_steps),
    }
    ours, natural, fast = in_turns(runs, arguments.repeats)
    what = "`benchmarks.gym`, single environment"
    targets = [
        Target(what, natural.name, ours.over(natural), 2, 3),
        Target(what, fast.name, ours.over(fast), 1.2, None),
    ]
    return _table(ours, [natural, fast], compiling, arguments.repeats), targets


def measure_vector(arguments: Arguments) -> tuple[Table, list[Target]]:
    """Measure many environments in one compiled call, in one Python loop, and in processes."""
    vector = gymnasium.make_vec("LLMRouter-v0", num_envs=arguments.num_envs)
    compiling = first_call(vector)
    loop = SyncVectorEnv([NumpyRouterEnv] * arguments.num_envs)
    # Processes are not forked: a fork would lose the threads of JAX, but keep the locks that they hold.
    processes = AsyncVectorEnv([NumpyRouterEnv] * arguments.num_processes, context="spawn")
    runs = {
        f"gym_compat, {arguments.num_envs:,} environments": vector_run(vector, 100 if arguments.quick else 500),
        f"NumPy, SyncVectorEnv of {arguments.num_envs:,}": vector_run(loop, max(2, 4000 // arguments.num_envs)),
        f"NumPy, AsyncVectorEnv of {arguments.num_processes}": vector_run(processes, 200 if arguments.quick else 1000),
    }
    try:
        ours, *others = in_turns(runs, arguments.repeats)
    finally:
        processes.close()
    what = f"`benchmarks.gym`, {arguments.num_envs:,} environments"
    targets = [Target(what, other.name, ours.over(other), 150, 300) for other in others]
    targets.append(Target(what, "", ours.median, 2e6, None, "steps/s"))
    return _table(ours, others, compiling, arguments.repeats), targets


def single_run(env: gymnasium.Env, steps: int) -> Run:
    """Return a run of random actions in one environment, with resets."""
    actions = np.random.default_rng(0).integers(0, 5, steps)
    env.reset(seed=0)

    def run() -> int:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return steps

    return run


def vector_run(envs: VectorEnv, steps: int) -> Run:
    """Return a run of random actions in every environment, with autoreset."""
    actions = np.random.default_rng(0).integers(0, 5, (steps, envs.num_envs))
    envs.reset(seed=0)

    def run() -> int:
        for row in actions:
            envs.step(row)
        return steps * envs.num_envs

    return run


def first_call(env: gymnasium.Env | VectorEnv) -> float:
    """Return the time of the first reset and step, s, which compile, and start JAX where nothing did before."""
    start = time.perf_counter()
    env.reset(seed=0)
    env.step(env.action_space.sample())
    return time.perf_counter() - start


def import_seconds(repeats: int) -> list[float]:
    """Return how long `import gym_compat` takes after `import gymnasium`, s, each time in a new process."""
    command = [sys.executable, "-c", IMPORT_CODE]
    return [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(repeats)]


def _table(ours: Rate, others: list[Rate], compiling: float, repeats: int) -> Table:
    rows = [["what", "steps/s", "range", "ours over it"]]
    rows.append([ours.name, f"{ours.median:,.0f}", ours.spread, ""])
    rows += [[other.name, f"{other.median:,.0f}", other.spread, f"{ours.over(other):,.2f}"] for other in others]
    note = f"Our first reset and step, compiling included, took {compiling:.2f} s."
    return Table(f"Gymnasium, {ours.name}, median of {repeats} turns", rows, note)


if __name__ == "__main__":
    main()
