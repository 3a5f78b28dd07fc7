"""The command `python -m train.demo`: trains, compares, and draws what the documentation shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from jax_router import versions
from jax_router.internal.checks import check_whole_number
from train.algorithm.config import PRICED_RUN, Config, Run, learning_for, router_config
from train.cli.command import run_command
from train.cli.flags import RouterFlags, SeedsFlags, TimestepsFlags, TuningFlags

PICTURES = ("learning", "choices", "day", "frontier", "price", "priced_frontier")
"""The names of the pictures, in the order of the work."""
IMAGES = Path("docs/images")


@dataclass(frozen=True)
class Arguments:
    """Train agents, compare them with every other strategy, and draw what they learned.

    Six pictures are drawn, each as .png and .svg. Four show agents: learning (curves over the training), choices (which
    model gets which prompt, by queue), day (one episode, prompt by prompt) and frontier (cost against quality). Two
    show a priced policy: price (a day with a budget) and priced_frontier (a comparison with agents for one price each).
    What an environment has no picture of is left out, and the command says so.
    """

    num_weights: int = 16
    """Train this many agents for each of the two frontiers."""
    priced_timesteps: int = PRICED_RUN.total_timesteps
    """Let the priced policy learn from this many environment steps."""
    separate_timesteps: int = 1_000_000
    """Let each agent that is trained for one price learn from this many environment steps."""
    output_dir: Path | None = None
    """Save the pictures in this folder, over older ones; None is docs/images, or its folder of another environment."""
    problem: tyro.conf.OmitArgPrefixes[RouterFlags] = RouterFlags()
    learning: tyro.conf.OmitArgPrefixes[TimestepsFlags] = TimestepsFlags()
    evaluation: tyro.conf.OmitArgPrefixes[TuningFlags] = TuningFlags(episodes=64, tuning_episodes=16)
    randomness: tyro.conf.OmitArgPrefixes[SeedsFlags] = SeedsFlags(num_seeds=5)

    @property
    def config(self) -> Config:
        """The config that the agents of the learning curves are trained with."""
        return router_config(self.problem, self.learning, self.randomness)

    @property
    def specialist_config(self) -> Config:
        """The config that each specialist is trained with."""
        return router_config(self.problem, TimestepsFlags(self.separate_timesteps), SeedsFlags(self.randomness.seed))

    @property
    def priced_config(self) -> Config:
        """The config that the priced policy is trained with."""
        problem = replace(self.config.problem, priced=True)
        learning = replace(learning_for(problem, PRICED_RUN), total_timesteps=self.priced_timesteps)
        return Config(problem, learning, Run(self.randomness.seed))

    @property
    def folder(self) -> Path:
        """The folder of the pictures."""
        if self.output_dir is not None:
            return self.output_dir
        return IMAGES if self.problem.env == versions.DEFAULT else IMAGES / self.problem.env

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.problem.check()
        self.config.check()
        for flag, steps, config in (
            ("--priced-timesteps", self.priced_timesteps, self.priced_config),
            ("--separate-timesteps", self.separate_timesteps, self.specialist_config),
        ):
            check_whole_number(flag, steps, at_least=config.learning.batch_size)
        check_whole_number("--num-weights", self.num_weights, at_least=2)
        self.evaluation.check(at_least=2)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.demo", Arguments, _draw, args)


def _draw(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from matplotlib.figure import Figure

    from train.algorithm.environments import make_environment
    from train.cli.console import console, print_sentences, print_written
    from train.pictures import gallery
    from train.pictures.style import picture_files, save

    make_environment(arguments.priced_config.problem)  # raises what is wrong with the problem before the work begins
    left_out = gallery.missing_pictures(arguments.problem.env)
    drawn = [name for name in PICTURES if name not in left_out]
    files = {name: picture_files("--output-dir", arguments.folder / f"{name}.png") for name in drawn}
    out, num_weights, num_episodes = console(), arguments.num_weights, arguments.evaluation.episodes
    if left_out:
        print_sentences(
            out, f"{arguments.problem.env} has no picture of this kind, so it is left out: {', '.join(left_out)}"
        )

    def keep(name: str, figure: Figure) -> None:
        save(figure, files[name])
        print_written(out, files[name])

    learned = gallery.learn(arguments.config, num_episodes, out)
    keep("learning", gallery.learning_picture(learned, num_episodes, arguments.evaluation.tuning_episodes, out))
    for name, draw in (("choices", gallery.choices_picture), ("day", gallery.day_picture)):
        if name in drawn:
            keep(name, draw(learned))
    keep("frontier", gallery.frontier_picture(arguments.config, num_weights, num_episodes, out))
    policy = gallery.train_priced(arguments.priced_config, out)
    keep("price", gallery.budget_day_picture(policy, arguments.priced_config))
    specialists = arguments.specialist_config
    keep("priced_frontier", gallery.specialists_picture(policy, specialists, num_weights, num_episodes, out))


if __name__ == "__main__":
    main()
