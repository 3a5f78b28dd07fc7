"""The command `python -m train.claims`, behind `make claims`: measures what README claims, and writes RESULTS.md."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router.internal.checks import check_whole_number
from router_serving.files import write_text
from train.algorithm.config import LONG_RUN, PRICED_RUN, SHORT_RUN
from train.cli.command import run_command
from train.cli.flags import BoundFlags, TuningFlags


@dataclass(frozen=True)
class Arguments:
    """Measure what README claims, over several seeds, and write a page; exit with 1 if a claim does not hold."""

    output: Path = Path("RESULTS.md")
    """Write the page to this file, over an older one."""
    scenarios: tuple[str, ...] = ()
    """Measure these scenarios, or all of them if none is named. Most claims are about default."""
    num_seeds: int = 10
    """Train this many agents with the settings of the short run on each scenario."""
    short_timesteps: int = SHORT_RUN.total_timesteps
    """Let each of them learn from this many environment steps."""
    long_timesteps: int = LONG_RUN.total_timesteps
    """Let the agent with 2,048 environments learn from this many environment steps."""
    priced_seeds: int = 5
    """Train this many priced policies on each scenario that needs policies of its own."""
    priced_timesteps: int = PRICED_RUN.total_timesteps
    """Let each of them learn from this many environment steps."""
    evaluation: tyro.conf.OmitArgPrefixes[TuningFlags] = TuningFlags()
    bound: tyro.conf.OmitArgPrefixes[BoundFlags] = BoundFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--num-seeds", self.num_seeds, at_least=1)
        check_whole_number("--priced-seeds", self.priced_seeds, at_least=1)
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

    from jax_router import versions
    from train.cli.console import console, print_sentences, print_written
    from train.studies.claims_page import claims_page
    from train.studies.plain_claims import Effort, check_plain_claims, evaluate_plain, plain_sections
    from train.studies.priced_claims import measure_priced

    started = time.perf_counter()
    out, key, num_episodes = console(), jax.random.key(0), arguments.evaluation.episodes
    effort = Effort(
        arguments.num_seeds,
        arguments.short_timesteps,
        arguments.long_timesteps,
        num_episodes,
        arguments.evaluation.tuning_episodes,
        arguments.bound.bound_seconds,
    )
    scenarios = arguments.scenarios or versions.load(versions.DEFAULT).SCENARIOS
    evaluations = evaluate_plain(scenarios, effort, key, out)
    section, priced_claims = measure_priced(
        evaluations, key, arguments.priced_seeds, arguments.priced_timesteps, num_episodes
    )
    claims = check_plain_claims(evaluations) + priced_claims
    page = claims_page(claims, [section, *plain_sections(evaluations)], time.perf_counter() - started)
    write_text(arguments.output, page, replace=True)
    print_written(out, [arguments.output])
    for claim in claims:
        print_sentences(out, claim.bullet)
    if not all(claim.holds for claim in claims):
        sys.exit(1)


if __name__ == "__main__":
    main()
