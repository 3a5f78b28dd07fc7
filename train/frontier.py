"""The command `python -m train.frontier` trains agents for a range of cost weights, and sets cost against quality."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router.internal.checks import check_number, check_whole_number
from router_serving.files import write_text
from train.algorithm.config import Config, router_config
from train.cli.command import run_command
from train.cli.errors import check_new_file
from train.cli.flags import BoundFlags, EpisodesFlags, RouterFlags, SeedFlags, TimestepsFlags


@dataclass(frozen=True)
class Arguments:
    """Train agents for a range of cost weights at once, and set cost against quality.

    It prints and draws the agents, the single models, the convex hulls of both, which mixing them achieves, and the
    quality that no policy exceeds at a cost, where that is known.
    """

    num_weights: int = 16
    """Train this many agents, their cost weights evenly spaced on a logarithmic scale."""
    min_cost_weight: float = 1.0
    """Start the range of cost weights here, reward per USD."""
    max_cost_weight: float = 1000.0
    """End the range of cost weights here, reward per USD."""
    output: Path = Path("frontier.png")
    """Save the picture here, as .png and as .svg, over those that are there already."""
    json: Path | None = None
    """Write the numbers to this file, which must not exist yet."""
    problem: tyro.conf.OmitArgPrefixes[RouterFlags] = RouterFlags()
    learning: tyro.conf.OmitArgPrefixes[TimestepsFlags] = TimestepsFlags()
    evaluation: tyro.conf.OmitArgPrefixes[EpisodesFlags] = EpisodesFlags()
    bound: tyro.conf.OmitArgPrefixes[BoundFlags] = BoundFlags()
    randomness: tyro.conf.OmitArgPrefixes[SeedFlags] = SeedFlags()

    @property
    def config(self) -> Config:
        """The config that each agent is trained with."""
        return router_config(self.problem, self.learning, self.randomness)

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.problem.check()
        self.config.check()
        check_whole_number("--num-weights", self.num_weights, at_least=2)
        self.evaluation.check(at_least=2)
        self.bound.check()
        lowest = check_number("--min-cost-weight", self.min_cost_weight, above=0)
        check_number("--max-cost-weight", self.max_cost_weight, above=lowest)
        if self.json is not None:
            check_new_file("--json", self.json)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.frontier", Arguments, _draw, args)


def _draw(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from train.algorithm.environments import load_task, make_router
    from train.algorithm.ppo import PPO
    from train.cli.console import console, print_sentences, print_written, terminal_table
    from train.pictures.frontier import draw_frontier
    from train.pictures.style import picture_files, save
    from train.studies.cost_weights import aiq_in_words, as_json, cost_weights, frontier_rows, sweep

    config, num_episodes, out = arguments.config, arguments.evaluation.episodes, console()
    scenario = config.problem.scenario
    task = load_task(config.problem)
    files = picture_files("--output", arguments.output)
    weights = cost_weights(arguments.min_cost_weight, arguments.max_cost_weight, arguments.num_weights)
    ppo, seconds = PPO(config.learning, make_router(task)), arguments.bound.bound_seconds
    frontier = sweep(ppo, task, weights, config.run.seed, num_episodes, out, seconds)
    save(draw_frontier(frontier, scenario), files)
    if arguments.json is not None:
        write_text(arguments.json, json.dumps(as_json(frontier, scenario, num_episodes), indent=2) + "\n")
        files.append(arguments.json)
    out.print(terminal_table(f"{scenario}: {num_episodes} episodes, the same for all", frontier_rows(frontier)))
    print_sentences(out, aiq_in_words(frontier))
    for path in files:
        print_written(out, [path])


if __name__ == "__main__":
    main()
