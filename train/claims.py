"""The command `python -m train.claims`, behind `make claims`: measures what README claims, and writes RESULTS.md."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from jax_router import versions
from jax_router.internal.checks import check_whole_number
from router_serving.files import write_text
from train.algorithm.config import LONG_RUN, PRICED_RUN, SHORT_RUN
from train.cli.command import run_command
from train.cli.flags import BoundFlags, TuningFlags

if TYPE_CHECKING:
    import numpy as np

    from train.evaluation.comparison import Evaluation
    from train.studies.claims import Limit


@dataclass(frozen=True)
class Arguments:
    """Measure what README claims, over several seeds, and write a page; exit with 1 if a claim does not hold.

    LLMRouter-v0 is learned in short runs, and in one long run; LLMRouter-v1 in long runs alone.
    """

    env: str | None = None
    """Measure in this environment, LLMRouter-v0 or LLMRouter-v1; None measures in both."""
    output: Path = Path("RESULTS.md")
    """Write the page to this file, over an older one."""
    scenarios: tuple[str, ...] = ()
    """Measure these scenarios, or all of them if none is named. Most claims are about default."""
    num_seeds: int = 10
    """Train this many agents with the settings of the short run on each scenario of LLMRouter-v0."""
    short_timesteps: int = SHORT_RUN.total_timesteps
    """Let each of them learn from this many environment steps."""
    long_seeds: int = 3
    """Train this many agents with the settings of the long run on each scenario of LLMRouter-v1."""
    long_timesteps: int = LONG_RUN.total_timesteps
    """Let every agent with 2,048 environments learn from this many environment steps."""
    priced_seeds: int = 5
    """Train this many priced policies on each scenario that needs policies of its own."""
    priced_timesteps: int = PRICED_RUN.total_timesteps
    """Let each of them learn from this many environment steps."""
    fresh_seeds: int = 200
    """Train this many further agents of the short run, of seeds that chose no setting; 0 trains none."""
    picture: Path = Path("docs/images/seeds.png")
    """Draw what the agents of the fresh seeds earn into this PNG file, over an older one."""
    evaluation: tyro.conf.OmitArgPrefixes[TuningFlags] = TuningFlags()
    bound: tyro.conf.OmitArgPrefixes[BoundFlags] = BoundFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        if self.env is not None and self.env not in versions.ENVIRONMENTS:
            raise ValueError(f"--env is {self.env!r}; it must be {' or '.join(versions.ENVIRONMENTS)}")
        for flag, seeds in (("num", self.num_seeds), ("long", self.long_seeds), ("priced", self.priced_seeds)):
            check_whole_number(f"--{flag}-seeds", seeds, at_least=1)
        check_whole_number("--fresh-seeds", self.fresh_seeds, at_least=0)
        if self.picture.suffix != ".png":
            raise ValueError(f"--picture is {self.picture}; it must end in .png")
        for flag, steps, learning in (
            ("--short-timesteps", self.short_timesteps, SHORT_RUN),
            ("--long-timesteps", self.long_timesteps, LONG_RUN),
            ("--priced-timesteps", self.priced_timesteps, PRICED_RUN),
        ):
            check_whole_number(flag, steps, at_least=learning.batch_size)
        self.evaluation.check()
        self.bound.check()
        check_whole_number("--tuning-episodes", self.evaluation.tuning_episodes, at_least=1)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; exit with 2 after one line for bad input, with 1 where a claim does not hold."""
    run_command("train.claims", Arguments, _measure, args)


def _measure(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    import jax

    from train.cli.console import console, print_sentences, print_written
    from train.studies.bound_claims import check_bounds
    from train.studies.claims import Claim, Effort, claims_of
    from train.studies.claims_page import claims_page
    from train.studies.fresh_seeds import fresh_claims, fresh_section, measure_fresh_seeds
    from train.studies.plain_claims import evaluate_plain, plain_sections
    from train.studies.priced_claims import measure_priced, priced_section

    started = time.perf_counter()
    out, key = console(), jax.random.key(0)
    effort = Effort(
        num_seeds=arguments.num_seeds,
        short_timesteps=arguments.short_timesteps,
        long_seeds=arguments.long_seeds,
        long_timesteps=arguments.long_timesteps,
        priced_seeds=arguments.priced_seeds,
        priced_timesteps=arguments.priced_timesteps,
        fresh_seeds=arguments.fresh_seeds,
        num_episodes=arguments.evaluation.episodes,
        tuning_episodes=arguments.evaluation.tuning_episodes,
        bound_seconds=arguments.bound.bound_seconds,
    )
    claims: dict[str, list[Claim]] = {}
    sections: dict[str, list[str]] = {}
    for environment, scenarios in _planned(arguments).items():
        of_it = claims_of(environment)
        plain = evaluate_plain(environment, scenarios, effort, key, out)
        priced = measure_priced(environment, plain, effort, key)
        fresh = measure_fresh_seeds(environment, plain, effort, key, out)
        claims[environment] = [
            *of_it.plain_claims(plain),
            *fresh_claims(fresh, plain, of_it.FRESH),
            *check_bounds(plain),
            *of_it.priced_claims(plain, priced),
        ]
        paced = [priced_section(plain, priced, of_it.TRAINED_ON)] if priced else []
        seeds = [fresh_section(fresh, _picture(arguments, fresh, plain, of_it.FRESH))] if fresh else []
        sections[environment] = [*of_it.summaries(plain), *paced, *seeds, *plain_sections(plain)]
    write_text(arguments.output, claims_page(claims, sections, time.perf_counter() - started), replace=True)
    print_written(out, [arguments.output])
    everything = [claim for of_one in claims.values() for claim in of_one]
    for claim in everything:
        print_sentences(out, claim.bullet)
    if not all(claim.holds for claim in everything):
        sys.exit(1)


def _picture(
    arguments: Arguments,
    fresh: "Mapping[str, np.ndarray]",
    plain: "Mapping[str, Evaluation]",
    limits: "Mapping[str, Sequence[Limit]]",
) -> str:
    """Draw what the agents of fresh seeds earn, and return the path of the picture from the page."""
    from train.pictures.seeds import draw_seeds
    from train.pictures.style import save

    rules = {
        scenario: {limit.rule: plain[scenario].scores[limit.rule].reward.mean for limit in limits[scenario]}
        for scenario in fresh
    }
    arguments.picture.parent.mkdir(parents=True, exist_ok=True)
    save(draw_seeds(fresh, rules), [arguments.picture])
    return Path(os.path.relpath(arguments.picture, arguments.output.parent)).as_posix()


def _planned(arguments: Arguments) -> dict[str, list[str]]:
    """Return the scenarios to measure by environment; raises `ValueError` for one that no environment has."""
    from train.studies.claims import claims_of

    environments = versions.ENVIRONMENTS if arguments.env is None else (arguments.env,)
    known = {name: claims_of(name).SCENARIOS for name in environments}
    for scenario in arguments.scenarios:
        if not any(scenario in names for names in known.values()):
            all_names = dict.fromkeys(name for names in known.values() for name in names)
            raise ValueError(f"--scenarios names {scenario!r}; those that are measured are {', '.join(all_names)}")
    wanted = {
        name: [scenario for scenario in names if not arguments.scenarios or scenario in arguments.scenarios]
        for name, names in known.items()
    }
    return {name: scenarios for name, scenarios in wanted.items() if scenarios}


if __name__ == "__main__":
    main()
