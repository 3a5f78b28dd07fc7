"""The command `python -m train.index` makes the index policy of a routing problem: nothing is trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router.internal.checks import check_number
from train.algorithm.config import Problem
from train.cli.command import run_command
from train.cli.errors import check_new_file
from train.cli.flags import ProblemFlags


@dataclass(frozen=True)
class Arguments:
    """Make the index policy of a routing problem in some seconds, and save it as a policy file.

    The index policy takes the model with the best reward now, less the reward that the prompt costs later ones by
    making a queue longer, which the program of the upper bound works out. Nothing is trained and nothing is simulated,
    but for a plan of what prompts cost at every price, which pacing a budget needs.
    """

    run_dir: Path
    """Write policy.npz into this folder, which is made where it is missing; an older file is not overwritten."""
    seconds: float = 10.0
    """Look for the prices of prompts and of money for at most this long, s."""
    problem: tyro.conf.OmitArgPrefixes[ProblemFlags] = ProblemFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_number("--seconds", self.seconds, at_least=0)
        if self.run_dir.exists() and not self.run_dir.is_dir():
            raise ValueError(f"--run-dir is {self.run_dir}; that is a file, name a folder")
        if self.run_dir.is_dir():
            check_new_file("--run-dir", self.run_dir / "policy.npz")


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.index", Arguments, _make, args)


def _make(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from router_serving.policy_file import save_policy
    from train.agents.export import origin_of
    from train.algorithm.environments import load_task
    from train.bounds.index_policy import make_index_policy
    from train.cli.console import console, print_sentences, print_written

    out, problem = console(), arguments.problem
    task = load_task(Problem(**vars(problem)))
    origin = origin_of(task.params, problem.scenario, task.model_names)
    with out.status("looking for prices"):
        policy = make_index_policy(task.params, origin, arguments.seconds)
    arguments.run_dir.mkdir(parents=True, exist_ok=True)
    path = arguments.run_dir / "policy.npz"
    save_policy(path, policy)
    worth = f"a dollar is worth a reward of {policy.price:.3g}" if policy.price else "no budget binds"
    print_sentences(out, f"index policy of {problem.scenario}: {worth}")
    print_written(out, [path])


if __name__ == "__main__":
    main()
