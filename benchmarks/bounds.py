"""The command `python -m benchmarks.bounds`: what each benchmark's time is made of, by floors beside its figure.

A floor is a program that does only one part of the work, timed in turns with the whole:

- launches: the same program with one environment, in which arithmetic and memory hardly count. Where there is a Python
  loop around the program, it is in there, too.
- arithmetic: the random numbers alone of a rollout, or the networks alone of a training.
- memory: the bytes of what a step has to read and write, at the speed of a large copy, where no cache holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.flags import Flags, run_command
from benchmarks.measure import Rate, Run, in_turns
from benchmarks.report import Report, Table, machine

LAUNCHES, ARITHMETIC, MEMORY = "launches", "arithmetic", "memory"
KINDS = (LAUNCHES, ARITHMETIC, MEMORY)
IN_CACHE = 2**22
"""Arrays of fewer bytes stay in a processor's cache, so that the speed of memory is no floor for them."""
COPIED = 2**26
"""The size of the array whose copy measures the speed of memory, bytes."""


@dataclass(frozen=True)
class Arguments(Flags):
    """Measure what bounds the speed of each benchmark: launches, arithmetic or memory."""

    picture: Path | None = None
    """Draw the results, too, as .png and as .svg, over older files."""

    @property
    def turns(self) -> int:
        """The number of turns that count: fewer than elsewhere, for floors need no second digit."""
        return min(self.repeats, 5)


@dataclass(frozen=True)
class Bounded:
    """One benchmark: the time of a step of all its environments, and its floors, us."""

    name: str
    step: float
    floors: dict[str, float]

    @property
    def shares(self) -> dict[str, float]:
        """The share of the step's time that each floor makes up."""
        return {kind: floor / self.step for kind, floor in self.floors.items()}


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("benchmarks.bounds", Arguments, measure, args)


def measure(arguments: Arguments) -> Report:
    """Return one table of all benchmarks and their floors, and draw the picture where one was asked for."""
    from train.pictures.style import picture_files, save

    files = [] if arguments.picture is None else picture_files("--picture", arguments.picture)
    seconds_per_byte = copy_seconds(arguments.turns) / (2 * COPIED)
    alone = rollout_of_one(arguments.seconds)
    found = [
        *(rollout(count, alone, arguments, seconds_per_byte) for count in (64, 2048, 1_048_576)),
        *(training(count, arguments) for count in (64, 2048)),
        *gymnasium_steps(alone, arguments),
    ]
    if files:
        from benchmarks.picture_bounds import draw_bounds

        save(draw_bounds({one.name: one.shares for one in found}), files)
    return Report("python -m benchmarks.bounds", [_table(found, seconds_per_byte, arguments)], [], machine())


def rollout_of_one(seconds: float) -> Run:
    """Return the own rollout with one environment, the launches of any other number."""
    from benchmarks.rivals import own_rollout
    from jax_router.v0.scenarios import DEFAULT

    return own_rollout(DEFAULT, 1, seconds)


def rollout(num_envs: int, alone: Run, flags: Arguments, seconds_per_byte: float) -> Bounded:
    """Measure the own rollout with random actions; `alone` is that with one environment."""
    import jax

    from benchmarks.rivals import own_rollout, random_numbers
    from jax_router.simulator import reset_batch
    from jax_router.v0.scenarios import DEFAULT

    runs: dict[str, Run] = {
        "": own_rollout(DEFAULT, num_envs, flags.seconds),
        LAUNCHES: alone,
        ARITHMETIC: random_numbers(DEFAULT, num_envs, flags.seconds),
    }
    key = jax.random.key(0)
    state = jax.eval_shape(lambda: reset_batch(key, num_envs, DEFAULT))
    noise = jax.eval_shape(lambda: DEFAULT.simulator.draw_noise(key, DEFAULT, (num_envs,)))
    moved = 2 * (_bytes(state) + _bytes(noise))  # each is written and read once
    memory = moved * seconds_per_byte if moved > IN_CACHE else None
    return _bounded(f"own rollout, {num_envs:,} environments", runs, num_envs, flags, memory)


def training(num_envs: int, flags: Arguments) -> Bounded:
    """Measure the training with the settings of the long run."""
    from benchmarks.training import NetworksAlone, compiled_training
    from train.algorithm.config import LONG_RUN

    learning = replace(LONG_RUN, num_envs=num_envs)
    whole = compiled_training(learning, flags.seconds)
    runs: dict[str, Run] = {
        "": whole,
        LAUNCHES: compiled_training(replace(learning, num_envs=1), flags.seconds),
        ARITHMETIC: NetworksAlone(whole),
    }
    return _bounded(f"training, {num_envs:,} environments", runs, num_envs, flags)


def gymnasium_steps(alone: Run, flags: Arguments) -> list[Bounded]:
    """Measure one Gymnasium environment, and 2,048 in a vector environment; `alone` is the rollout with one."""
    import gymnasium

    import gym_compat  # noqa: F401  # registers LLMRouter-v0
    from benchmarks.gym import single_run, vector_run
    from benchmarks.rivals import random_numbers
    from jax_router.v0.scenarios import DEFAULT

    single: dict[str, Run] = {
        "": single_run(gymnasium.make("LLMRouter-v0").unwrapped, 4000),
        LAUNCHES: calls_alone(4000),
        ARITHMETIC: alone,
    }
    batch: dict[str, Run] = {
        "": vector_run(gymnasium.make_vec("LLMRouter-v0", num_envs=2048), 100),
        LAUNCHES: vector_run(gymnasium.make_vec("LLMRouter-v0", num_envs=1), 100),
        ARITHMETIC: random_numbers(DEFAULT, 2048, flags.seconds),
    }
    return [
        _bounded("one Gymnasium environment", single, 1, flags),
        _bounded("vector environment, 2,048 environments", batch, 2048, flags),
    ]


def calls_alone(steps: int) -> Run:
    """Return a run of the compiled calls that so many steps of a Gymnasium environment take, which only add 1."""
    import numpy as np

    import jax_router
    from gym_compat.programs.single import SinglePrograms, on_cpu

    programs = SinglePrograms(jax_router.make_params())
    row = np.zeros(programs.row_width, np.float32)
    call = on_cpu(lambda row: row + 1)

    def run() -> int:
        for _ in range(0, steps, programs.depth):
            np.asarray(call(row))
        return steps

    return run


def copy_seconds(repeats: int) -> float:
    """Return the time that a copy of `COPIED` bytes takes on the device, s, the median over the turns."""
    import jax
    import jax.numpy as jnp

    array = jnp.ones(COPIED // 4, jnp.float32)
    copy = jax.jit(lambda array: array + 1)
    (rate,) = in_turns({"": lambda: int(jax.block_until_ready(copy(array)).ndim)}, repeats)
    return 1 / rate.median


def _bounded(name: str, runs: dict[str, Run], num_envs: int, flags: Arguments, memory: float | None = None) -> Bounded:
    """Time the runs in turns; a run counts environment steps, and that of the launches has one environment."""
    rates: dict[str, Rate] = {rate.name: rate for rate in in_turns(runs, flags.turns)}
    floors = {LAUNCHES: 1e6 / rates[LAUNCHES].median, ARITHMETIC: 1e6 * num_envs / rates[ARITHMETIC].median}
    if memory is not None:
        floors[MEMORY] = 1e6 * memory
    return Bounded(name, 1e6 * num_envs / rates[""].median, floors)


def _table(found: list[Bounded], seconds_per_byte: float, flags: Arguments) -> Table:
    rows = [["benchmark", "a step of all, us", *(f"{kind}, us" for kind in KINDS), "highest floor", "its share"]]
    for one in found:
        floors = [f"{one.floors[kind]:,.2f}" if kind in one.floors else "" for kind in KINDS]
        highest = max(one.shares, key=lambda kind: one.shares[kind])
        rows.append([one.name, f"{one.step:,.2f}", *floors, highest, f"{one.shares[highest]:.0%}"])
    note = (
        "Launches: the same program with one environment (for one Gymnasium environment, compiled calls that compute "
        "nothing). Arithmetic: the random numbers, or the networks, alone. Memory, where the cache is too small: the "
        f"bytes of a step at {1e-9 / seconds_per_byte:.1f} GB/s, which a large copy reaches."
    )
    return Table(f"what bounds each benchmark, median of {flags.turns} turns", rows, note)


def _bytes(tree: Any) -> int:
    import jax

    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


if __name__ == "__main__":
    main()
