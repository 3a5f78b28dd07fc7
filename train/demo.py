"""The command `python -m train.demo`: trains, compares, and draws what README shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import tyro

from jax_router.internal.checks import check_whole_number
from train.algorithm.config import PRICED_RUN, Config, check_config
from train.cli.compilation import keep_compiled_programs
from train.cli.errors import one_line_errors
from train.cli.flags import TrainingFlags

PICTURES = ("learning", "choices", "day", "frontier", "price", "priced_frontier")
"""What is drawn, in the order of the work."""


@dataclass(frozen=True)
class Arguments(TrainingFlags):
    """Train agents, compare them with every other strategy, and draw what they learned.

    Six pictures, each as .png and .svg: learning (curves over the training), choices (which model for which prompt
    and queue), day (one episode, prompt by prompt), frontier (cost against quality); and of a policy that is told the
    price of money, price (a day with a budget) and priced_frontier (beside agents that were trained for one price).
    """

    num_seeds: int = 5
    """Agents of the curves, trained side by side, from seed on."""
    num_weights: int = 16
    """Agents of each of the two frontiers."""
    priced_timesteps: int = PRICED_RUN.total_timesteps
    """Environment steps that the priced policy learns from."""
    separate_timesteps: int = 1_000_000
    """Environment steps that each agent learns from which was trained for one price."""
    episodes: int = 64
    """Episodes that every agent, whenever it is judged, and every strategy runs through, the same for all."""
    tuning_episodes: int = 16
    """Other episodes, on which the tuned strategies are tuned; 0 leaves those strategies out."""
    output_dir: Path = Path("docs/images")
    """Where the pictures go; made anew where they are there already."""

    @property
    def priced_config(self) -> Config:
        """How the priced policy is trained."""
        return replace(self, total_timesteps=self.priced_timesteps).config_like(PRICED_RUN)

    @property
    def separate_config(self) -> Config:
        """How each agent is trained that knows one price alone."""
        return replace(self, total_timesteps=self.separate_timesteps).config


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
    for flag, steps, config in (
        ("--priced-timesteps", arguments.priced_timesteps, arguments.priced_config),
        ("--separate-timesteps", arguments.separate_timesteps, arguments.separate_config),
    ):
        check_whole_number(flag, steps, at_least=config.batch_size)
    check_whole_number("--num-seeds", arguments.num_seeds, at_least=1)
    check_whole_number("--num-weights", arguments.num_weights, at_least=2)
    check_whole_number("--episodes", arguments.episodes, at_least=2)
    check_whole_number("--tuning-episodes", arguments.tuning_episodes, at_least=0)


def _run(arguments: Arguments) -> None:
    # Late, like all of JAX: `--help` or a typo should not take seconds.
    from train.algorithm.environments import make_environment
    from train.evaluation.scores_table import console as table_console
    from train.pictures.style import picture_files, save

    config = replace(arguments.config, num_seeds=arguments.num_seeds)
    env, params = make_environment(config)
    make_environment(arguments.priced_config)  # raises what is wrong with it before the work begins
    files = {name: picture_files("--output-dir", arguments.output_dir / f"{name}.png") for name in PICTURES}

    from train.pictures.gallery import make_gallery
    from train.pictures.priced_gallery import make_priced_gallery

    console = table_console()
    gallery = make_gallery(
        config, env, params, arguments.num_weights, arguments.episodes, arguments.tuning_episodes, console
    )
    priced = make_priced_gallery(
        arguments.priced_config, arguments.separate_config, arguments.num_weights, arguments.episodes, console
    )
    for name, figure in chain(gallery, priced):
        save(figure, files[name])
        console.print(f"written: {', '.join(map(str, files[name]))}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
