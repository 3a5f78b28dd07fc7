"""The command `python -m train.rivals`: the index policy beside what learns, paired, and under the upper bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router.internal.checks import check_whole_number
from train.cli.command import run_command
from train.cli.flags import BoundFlags, EpisodesFlags, SeedFlags


@dataclass(frozen=True)
class Arguments:
    """Compare the index policy with plain PPO and with priced policies, over the same fresh episodes.

    Policies of several seeds are trained with the settings of make claims, and kept with what was measured; what a
    folder has already is not done again. The command prints mean rewards, what the index policy earns more than each of
    them with 95 % intervals, and the bound that no policy exceeds.
    """

    run_dir: Path = Path("runs/rivals")
    """Keep policies and results in this folder, and take those that are there."""
    scenarios: tuple[str, ...] = ()
    """Measure these scenarios, or all of them if none is named."""
    num_seeds: int = 10
    """Take this many seeds of plain PPO on each scenario."""
    priced_seeds: int = 5
    """Take this many priced policies on each scenario that needs its own; 0 leaves them out."""
    output: Path | None = None
    """Save a picture of everybody under the bound to this file, as .png and as .svg, over older files."""
    evaluation: tyro.conf.OmitArgPrefixes[EpisodesFlags] = EpisodesFlags(episodes=4096)
    bound: tyro.conf.OmitArgPrefixes[BoundFlags] = BoundFlags()
    randomness: tyro.conf.OmitArgPrefixes[SeedFlags] = SeedFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--num-seeds", self.num_seeds, at_least=1)
        check_whole_number("--priced-seeds", self.priced_seeds, at_least=0)
        self.evaluation.check(at_least=2)
        self.bound.check()
        self.randomness.check()
        if self.output is not None and self.bound.bound_seconds == 0:
            raise ValueError("--output draws everybody under the bound; it needs --bound-seconds above 0")


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.rivals", Arguments, _measure, args)


def _measure(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from jax_router import versions
    from train.cli.console import console, markdown_table, print_sentences, print_written
    from train.pictures.room import draw_room
    from train.pictures.style import picture_files, save
    from train.studies.rivals import Effort, lead_rows, leads_in_words, measure_rivals, reward_rows
    from train.studies.rivals_file import keep_rivals, kept_file, kept_rivals

    out, episodes = console(), arguments.evaluation.episodes
    known = versions.load(versions.DEFAULT).SCENARIOS
    for scenario in arguments.scenarios:
        if scenario not in known:
            raise ValueError(f"--scenarios has {scenario!r}; the known ones are {', '.join(known)}")
    files = [] if arguments.output is None else picture_files("--output", arguments.output)
    effort = Effort(
        arguments.num_seeds,
        arguments.priced_seeds,
        episodes,
        arguments.bound.bound_seconds,
        arguments.randomness.seed,
    )
    results = {}
    for scenario in arguments.scenarios or known:
        kept = kept_file(arguments.run_dir, scenario, effort)
        if kept.is_file():
            results[scenario] = kept_rivals(kept)
            continue
        results[scenario] = measure_rivals(scenario, arguments.run_dir, effort, out)
        kept.parent.mkdir(parents=True, exist_ok=True)
        keep_rivals(kept, results[scenario])
        print_sentences(out, f"{scenario}: measured")
    if files:
        save(draw_room(results), files)
    print_sentences(out, f"\n{episodes:,} episodes, the same for all\n")
    print_sentences(out, markdown_table(reward_rows(results)))
    print_sentences(out, markdown_table(lead_rows(results)))
    print_sentences(out, leads_in_words(results))
    print_written(out, files)


if __name__ == "__main__":
    main()
