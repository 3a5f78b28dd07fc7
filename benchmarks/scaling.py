"""The command `python -m benchmarks.scaling`: how time grows with environments, models, and seeds of a training run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.flags import Flags, check_counts, run_command
from benchmarks.measure import Rate, Run, in_turns
from benchmarks.report import Report, Table, Target, machine
from jax_router import DEFAULT_MODELS, ModelConfig, Params, make_params
from jax_router.internal.checks import check_whole_number
from train.algorithm.config import SHORT_RUN
from train.cli.compilation import use_every_core

ENVIRONMENTS, MODELS, SEEDS = "environments", "models", "seeds"
MANY_SEEDS = 16
"""The number of seeds side by side that a target is about."""


@dataclass(frozen=True)
class Arguments(Flags):
    """Measure steps per second against the number of environments, of models, and of seeds trained side by side."""

    num_envs: tuple[int, ...] = (1, 8, 64, 512, 2048, 16_384, 65_536, 262_144, 1_048_576)
    """Run our rollout with this many environments; every count is measured by itself."""
    num_models: tuple[int, ...] = (2, 5, 20, 100)
    """Run our rollout with fleets of this many models."""
    model_envs: int = 2048
    """Run this many environments for each number of models."""
    num_seeds: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Train this many agents side by side, with the settings of the short run."""
    picture: Path | None = None
    """Draw the results, too, as .png and as .svg, over older files."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_counts("--num-envs", self.num_envs)
        check_counts("--num-models", self.num_models)
        check_counts("--num-seeds", self.num_seeds)
        check_whole_number("--model-envs", self.model_envs, at_least=1)


Growth = dict[int, Rate]
"""The rate of every size, in the order of the flags."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("benchmarks.scaling", Arguments, measure, args)


def measure(arguments: Arguments) -> Report:
    """Return a table for each of the three, and draw the picture where one was asked for."""
    from train.pictures.style import picture_files, save

    use_every_core()  # as the command does
    files = [] if arguments.picture is None else picture_files("--picture", arguments.picture)
    tables, growth = [], {}
    for what, measure_one in ((ENVIRONMENTS, by_environments), (MODELS, by_models), (SEEDS, by_seeds)):
        growth[what], compile_seconds = measure_one(arguments)
        tables.append(_table(what, growth[what], compile_seconds, arguments))
    if files:
        from benchmarks.picture_scaling import draw_scaling

        medians = {what: {size: rate.median for size, rate in rates.items()} for what, rates in growth.items()}
        save(draw_scaling(medians[ENVIRONMENTS], medians[MODELS], medians[SEEDS], arguments.model_envs), files)
    return Report("python -m benchmarks.scaling", tables, _targets(growth[SEEDS]), machine())


def _targets(seeds: Growth) -> list[Target]:
    """Return what is wanted of many seeds side by side, where these counts were measured."""
    measured = seeds[MANY_SEEDS].over(seeds[1]) if {1, MANY_SEEDS} <= set(seeds) else None
    return [Target(f"`benchmarks.scaling`, {MANY_SEEDS} seeds side by side, all steps/s", "one seed", measured, 1.5, 2)]


def by_environments(arguments: Arguments) -> tuple[Growth, list[float]]:
    """Measure our rollout with random actions and the default fleet."""
    from benchmarks.rivals import own_rollout
    from jax_router.v0.scenarios import DEFAULT

    loops = {count: own_rollout(DEFAULT, count, arguments.seconds) for count in arguments.num_envs}
    return _timed(loops, arguments.repeats), [loop.compile_seconds for loop in loops.values()]


def by_models(arguments: Arguments) -> tuple[Growth, list[float]]:
    """Measure our rollout with random actions and fleets that repeat the preset models."""
    from benchmarks.rivals import own_rollout

    loops = {
        count: own_rollout(fleet_of(count), arguments.model_envs, arguments.seconds) for count in arguments.num_models
    }
    return _timed(loops, arguments.repeats), [loop.compile_seconds for loop in loops.values()]


def by_seeds(arguments: Arguments) -> tuple[Growth, list[float]]:
    """Measure training with the settings of the short run; the steps of all agents count."""
    from benchmarks.training import compiled_training

    trainings = {count: compiled_training(SHORT_RUN, arguments.seconds, count) for count in arguments.num_seeds}
    return _timed(trainings, arguments.repeats), [training.compile_seconds for training in trainings.values()]


def fleet_of(num_models: int) -> Params:
    """Return the default scenario with a fleet of `num_models`, which repeats the preset models."""
    presets = [DEFAULT_MODELS[i % len(DEFAULT_MODELS)] for i in range(num_models)]
    models: list[ModelConfig] = [replace(preset, name=f"{preset.name}-{i}") for i, preset in enumerate(presets)]
    return make_params(models=models)


def _timed(runs: Mapping[int, Run], repeats: int) -> Growth:
    rates = in_turns({str(size): run for size, run in runs.items()}, repeats)
    return dict(zip(runs, rates, strict=True))


def _table(what: str, growth: Growth, compile_seconds: list[float], arguments: Arguments) -> Table:
    first = next(iter(growth.values()))
    rows = [[what, "steps/s", "range", "over the first row", "compiling, s"]]
    for (size, rate), seconds in zip(growth.items(), compile_seconds, strict=True):
        rows.append([f"{size:,}", f"{rate.median:,.0f}", rate.spread, f"{rate.over(first):.2f}", f"{seconds:.2f}"])
    titles = {
        ENVIRONMENTS: "own rollout, five models, by environments",
        MODELS: f"own rollout, {arguments.model_envs:,} environments, by models",
        SEEDS: "training with the settings of the short run, 64 environments an agent, by seeds side by side",
    }
    return Table(f"{titles[what]}, median of {arguments.repeats} turns", rows)


if __name__ == "__main__":
    main()
