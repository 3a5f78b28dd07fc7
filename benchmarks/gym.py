"""The command `python -m benchmarks.gym`: the Gymnasium face against a plain NumPy environment of the same dynamics.

Rivals are timed in turns and compared turn by turn, so that a busy machine slows both; medians are printed, with the
range. Compiling is timed by itself.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import gymnasium
import numpy as np
import tyro
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv, VectorEnv
from rich.console import Console
from rich.table import Table

import gym_compat  # noqa: F401  # registers LLMRouter-v0
from benchmarks.numpy_env import NumpyRouterEnv

NUM_ENVS = 2048
IMPORT_CODE = """
import time, gymnasium
start = time.perf_counter()
import gym_compat
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Options:
    """How long to measure."""

    quick: bool = False
    """Few and short repeats: to see that it runs, not to quote."""

    @property
    def repeats(self) -> int:
        return 3 if self.quick else 11


@dataclass(frozen=True)
class Rate:
    """Steps per second, one number a repeat."""

    name: str
    steps_per_second: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.steps_per_second)

    def over(self, other: "Rate") -> float:
        """The median over the repeats of how many times faster this one was than the other one beside it."""
        pairs = zip(self.steps_per_second, other.steps_per_second, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


Run = Callable[[], int]  # makes some steps and returns how many


def in_turns(runs: dict[str, Run], repeats: int) -> list[Rate]:
    """Time every run once, then again, and so on; one round goes before and does not count."""
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            steps = run()
            if repeat:
                rates[name].append(steps / (time.perf_counter() - start))
    return [Rate(name, values) for name, values in rates.items()]


def single_run(env: gymnasium.Env, steps: int) -> Run:
    """Random actions in one environment, with resets."""
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
    """Random actions in every environment, with autoreset."""
    actions = np.random.default_rng(0).integers(0, 5, (steps, envs.num_envs))
    envs.reset(seed=0)

    def run() -> int:
        for row in actions:
            envs.step(row)
        return steps * envs.num_envs

    return run


def first_call(env: gymnasium.Env | VectorEnv) -> float:
    """Seconds of the first reset and step: compiling, and starting JAX if nothing has yet."""
    start = time.perf_counter()
    env.reset(seed=0)
    env.step(env.action_space.sample())
    return time.perf_counter() - start


def import_seconds(repeats: int) -> list[float]:
    """What `import gym_compat` takes after `import gymnasium`, s, each in a process of its own."""
    command = [sys.executable, "-c", IMPORT_CODE]
    return [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(repeats)]


def measure_async(repeats: int, steps: int) -> Rate:
    """NumPy environments in processes, as many as make sense: cores are the limit, so more would add nothing."""
    num_processes = 2 * (os.cpu_count() or 1)
    envs = AsyncVectorEnv([NumpyRouterEnv] * num_processes, context="spawn")
    (rate,) = in_turns({f"NumPy, AsyncVectorEnv of {num_processes} processes": vector_run(envs, steps)}, repeats)
    envs.close()
    return rate


def add_rates(table: Table, rates: list[Rate], ours: Rate, wanted: str) -> None:
    """One row a rate, each with how many times faster ours is; what is wanted stands with ours."""
    for rate in rates:
        values = sorted(rate.steps_per_second)
        spread = f"{values[0]:,.0f} .. {values[-1]:,.0f}"
        ratio = "" if rate is ours else f"{ours.over(rate):,.2f}x"
        table.add_row(rate.name, f"{rate.median:,.0f}", spread, ratio, wanted if rate is ours else "")
    table.add_section()


def main(options: Options) -> None:
    """Measure, and print one table."""
    console = Console(width=130) if not sys.stdout.isatty() else Console()
    repeats, short = options.repeats, options.quick
    imports = import_seconds(repeats=min(repeats, 5))
    by_processes = measure_async(repeats, steps=200 if short else 1000)

    single = gymnasium.make("LLMRouter-v0").unwrapped
    vector = gymnasium.make_vec("LLMRouter-v0", num_envs=NUM_ENVS)
    single_compile, vector_compile = first_call(single), first_call(vector)

    singles = in_turns(
        {
            "gym_compat, 1 environment": single_run(single, 4000 if short else 20_000),
            "NumPy, 1 environment": single_run(NumpyRouterEnv(), 4000 if short else 20_000),
        },
        repeats,
    )
    vectors = in_turns(
        {
            f"gym_compat, {NUM_ENVS:,} environments": vector_run(vector, 100 if short else 1000),
            f"NumPy, SyncVectorEnv of {NUM_ENVS:,}": vector_run(SyncVectorEnv([NumpyRouterEnv] * NUM_ENVS), 2),
        },
        repeats,
    )

    import jax

    table = Table(title=f"Gymnasium, scenario default, median of {repeats} repeats", title_justify="left")
    table.add_column("what", no_wrap=True)
    for column in ("steps/s", "range", "ours over it", "wanted"):
        table.add_column(column, justify="right")
    add_rates(table, singles, singles[0], "at least 1x NumPy, aim for 2x")
    add_rates(table, [*vectors, by_processes], vectors[0], "at least 2,000,000 on 2 cores")
    console.print(table)
    console.print(
        f"first reset and step (compiling): 1 environment {single_compile:.2f} s, {NUM_ENVS:,} {vector_compile:.2f} s"
    )
    console.print(f"import gym_compat after gymnasium: {statistics.median(imports):.3f} s (wanted: under 0.3 s)")
    console.print(
        f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores, Python {platform.python_version()}, {_versions()}"
    )


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "gymnasium", "numpy"))


if __name__ == "__main__":
    main(tyro.cli(Options, prog="python -m benchmarks.gym", description=__doc__))
