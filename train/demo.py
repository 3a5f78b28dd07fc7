"""The command `python -m train.demo`: trains, compares, and draws what README shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from jax_router.checks import check_whole_number
from train.compilation import keep_compiled_programs
from train.config import check_config
from train.errors import one_line_errors
from train.flags import TrainingFlags

PICTURES = ("learning", "choices", "day", "frontier")
"""What is drawn, in the order of the work."""


@dataclass(frozen=True)
class Arguments(TrainingFlags):
    """Train agents, compare them with every other strategy, and draw what they learned.

    Four pictures, each as .png and .svg: learning (curves over the training), choices (which model for which prompt
    and queue), day (one episode, prompt by prompt), frontier (cost against quality).
    """

    num_seeds: int = 5
    """Agents of the curves, trained side by side, from seed on."""
    num_weights: int = 16
    """Agents of the frontier."""
    episodes: int = 64
    """Episodes that every agent, whenever it is judged, and every strategy runs through, the same for all."""
    tuning_episodes: int = 16
    """Other episodes, on which the tuned strategies are tuned; 0 leaves those strategies out."""
    output_dir: Path = Path("docs")
    """Where the pictures go; made anew where they are there already."""


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input."""
    arguments = tyro.cli(Arguments, args=args, prog="python -m train.demo")
    with one_line_errors():
        check_arguments(arguments)
        keep_compiled_programs()
        _run(arguments)


def check_arguments(arguments: Arguments) -> None:
    """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
    check_config(arguments.config)
    check_whole_number("--num-seeds", arguments.num_seeds, at_least=1)
    check_whole_number("--num-weights", arguments.num_weights, at_least=2)
    check_whole_number("--episodes", arguments.episodes, at_least=2)
    check_whole_number("--tuning-episodes", arguments.tuning_episodes, at_least=0)


def _run(arguments: Arguments) -> None:
    # Late, like all of JAX: `--help` or a typo should not take seconds.
    from train.environments import make_environment
    from train.plots import picture_files, save
    from train.table import console as table_console

    config = replace(arguments.config, num_seeds=arguments.num_seeds)
    env, params = make_environment(config)
    files = {name: picture_files("--output-dir", arguments.output_dir / f"{name}.png") for name in PICTURES}

    from train.gallery import make_gallery

    console = table_console()
    gallery = make_gallery(
        config, env, params, arguments.num_weights, arguments.episodes, arguments.tuning_episodes, console
    )
    for name, figure in gallery:
        save(figure, files[name])
        console.print(f"written: {', '.join(map(str, files[name]))}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
