"""The command `python -m benchmarks.env`: our simulator against gymnax's CartPole-v1, and against its random numbers.

All environments take random actions, reset by themselves, and compute observations, rewards and endings (see
`rivals.py`). CartPole draws 4 random numbers a step and its state has 4 numbers; our simulator draws about 11 random
numbers a step for five models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.flags import Flags, check_counts, run_command
from benchmarks.measure import Rate, in_turns
from benchmarks.report import Report, Table, Target, machine, on_accelerator

NUM_ENVS = (1, 64, 2048, 65_536, 1_048_576)
OWN, FACE, FLOOR = "own rollout", "gymnax face, vmap", "its random numbers alone"
NEXT = "own rollout of LLMRouter-v1"
CARTPOLE = "gymnax CartPole-v1"
ACCELERATOR_AIM = 1e9
"""The aim on one data-centre GPU, environment steps/s."""


@dataclass(frozen=True)
class Arguments(Flags):
    """Measure our simulator against gymnax's CartPole-v1 with random actions, and against its random numbers alone."""

    num_envs: tuple[int, ...] = NUM_ENVS
    """Run this many environments side by side; every count is measured by itself."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_counts("--num-envs", self.num_envs)


@dataclass(frozen=True)
class Result:
    """The rates that were measured with one number of environments."""

    num_envs: int
    rates: dict[str, Rate]
    compile_seconds: dict[str, float]

    def ratio(self, name: str, other: str) -> float:
        """Return how many times faster one of the programs is than another."""
        return self.rates[name].over(self.rates[other])


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("benchmarks.env", Arguments, measure, args)


def measure(arguments: Arguments) -> Report:
    """Return one table of steps/s, one of the time that random numbers take, and the targets."""
    results = [measure_count(count, arguments) for count in arguments.num_envs]
    tables = [_speed_table(results, arguments.repeats), _floor_table(results)]
    return Report("python -m benchmarks.env", tables, _targets(results), machine())


def measure_count(num_envs: int, flags: Flags) -> Result:
    """Measure all environments with the same number of them side by side, in turns."""
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from benchmarks.rivals import cartpole, gymnax_face, own_rollout, random_numbers
    from jax_router import v1
    from jax_router.v0.scenarios import DEFAULT

    loops = {
        OWN: own_rollout(DEFAULT, num_envs, flags.seconds),
        NEXT: own_rollout(v1.make_params(), num_envs, flags.seconds),
        FACE: gymnax_face(DEFAULT, num_envs, flags.seconds),
        CARTPOLE: cartpole(num_envs, flags.seconds),
        FLOOR: random_numbers(DEFAULT, num_envs, flags.seconds),
    }
    rates = {rate.name: rate for rate in in_turns(loops, flags.repeats)}
    return Result(num_envs, rates, {name: loop.compile_seconds for name, loop in loops.items()})


def _speed_table(results: list[Result], repeats: int) -> Table:
    rows = [["environments", "what", "steps/s", "range", "over CartPole", "compiling, s"]]
    for result in results:
        for name in (OWN, FACE, NEXT, CARTPOLE):
            rate = result.rates[name]
            ratio = "" if name == CARTPOLE else f"{result.ratio(name, CARTPOLE):.2f}"
            compiling = f"{result.compile_seconds[name]:.2f}"
            rows.append([f"{result.num_envs:,}", name, f"{rate.median:,.0f}", rate.spread, ratio, compiling])
    return Table(f"environment steps with random actions, median of {repeats} turns", rows)


def _floor_table(results: list[Result]) -> Table:
    rows = [["environments", "a step, ns an environment", "its random numbers alone", "range", "step over numbers"]]
    for result in results:
        step, floor = (1e9 / result.rates[name].median for name in (OWN, FLOOR))
        ratios = result.rates[FLOOR].ratios(result.rates[OWN])
        spread = f"{min(ratios):.2f} .. {max(ratios):.2f}"
        rows.append([f"{result.num_envs:,}", f"{step:.1f}", f"{floor:.1f}", spread, f"{result.ratio(FLOOR, OWN):.2f}"])
    note = (
        "The random numbers of a step are those of `draw_noise` and of the random action, with all that turns bits "
        "into normal and exponential numbers, and their sum."
    )
    return Table("a step of the own rollout beside its random numbers", rows, note)


def _targets(results: list[Result]) -> list[Target]:
    found = {result.num_envs: result for result in results}

    def target(name: str, other: str, count: int, wanted: float, aim: float) -> Target:
        measured = found[count].ratio(name, other) if count in found else None
        return Target(f"`benchmarks.env`, {name}, {count:,} environments", other, measured, wanted, aim)

    def floor(count: int) -> Target:
        measured = found[count].ratio(FLOOR, OWN) if count in found else None
        return Target(f"a step's time, {count:,} environments", FLOOR, measured, 3.0, 2.0, below=True)

    fastest = max(result.rates[OWN].median for result in results)
    return [
        target(OWN, CARTPOLE, 2048, 2.5, 4.0),
        target(OWN, CARTPOLE, 65_536, 1.5, 2.0),
        target(NEXT, CARTPOLE, 2048, 0.7, 1.0),
        target(FACE, CARTPOLE, 2048, 1.5, 2.0),
        target(FACE, CARTPOLE, 65_536, 1.2, 2.0),
        floor(2048),
        floor(65_536),
        Target(
            "`benchmarks.env`, own rollout, its fastest count",
            "",
            fastest if on_accelerator() else None,
            ACCELERATOR_AIM,
            None,
            "steps/s",
            where="accelerator",
        ),
    ]


if __name__ == "__main__":
    main()
