"""The command `python -m train.pretrained`: the policy that is shipped, as a file for one fleet; nothing is trained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from router_serving import load_policy, save_policy
from router_serving.pretrained import PRETRAINED
from train.algorithm.config import Problem
from train.cli.command import run_command
from train.cli.errors import check_new_file
from train.cli.flags import ProblemFlags


@dataclass(frozen=True)
class Arguments:
    """Write a policy for your fleet that can serve at once, in a gateway, too: no training, a few seconds.

    It is the one that was trained on random fleets of LLMRouter-v1, told of the prices, speed, limits and traffic of
    yours. Name the fleet with --fleet, or a problem that was fitted to your log with --problem.
    """

    output: Path = Path("policy.npz")
    """Write the policy to this file, which must not exist yet."""
    problem: tyro.conf.OmitArgPrefixes[ProblemFlags] = ProblemFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_new_file("--output", self.output)
        if self.problem.fleet is None and self.problem.problem is None:
            raise ValueError("--fleet is missing: name your models' TOML file, or a fitted problem with --problem")


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.pretrained", Arguments, _run, args)


def _run(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from train.agents.export import origin_of
    from train.agents.strategies import suited
    from train.algorithm.environments import load_task
    from train.cli.console import console, print_sentences

    shipped = load_policy(PRETRAINED)
    problem = Problem(**vars(arguments.problem), env=shipped.origin.environment)
    problem.check()
    task = load_task(problem)
    policy = suited(shipped, task.model_names, task.params)
    save_policy(arguments.output, replace(policy, origin=origin_of(task.params, problem.scenario, task.model_names)))
    print_sentences(console(), f"{arguments.output} routes to {', '.join(task.model_names)}.")


if __name__ == "__main__":
    main()
