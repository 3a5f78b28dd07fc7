"""The command `python -m train.budgets`: priced policies with many budgets, beside hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import tyro

from jax_router.internal.checks import check_number
from router_serving.policy_file import load_priced_policy
from router_serving.priced_policy import PricedPolicy
from train.algorithm.config import Problem
from train.cli.command import run_command
from train.cli.flags import EpisodesFlags, SeedFlags, SubstituteFlags
from train.run.folder import policy_files


@dataclass(frozen=True)
class Arguments:
    """Give a priced policy many budgets, and compare it with the best fixed price chosen in hindsight.

    Each budget is also tried with half of what is left taken away in mid-episode, with the load doubled from there on,
    and with wrong first prices. For several policies, the table shows the mean and the range over them.
    """

    model_path: tuple[Path, ...]
    """Try the policies in these run directories and policy files of train.ppo --priced."""
    budgets: tuple[float, ...] = (0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 6.0, 10.0)
    """Give every episode each of these budgets, USD."""
    trouble: bool = True
    """Try every budget also with a cut budget or a doubled load in mid-episode, and with wrong first prices."""
    picture: Path | None = None
    """Draw a day of the first policy with the middle budget to this file, as .png and as .svg, over older files."""
    problem: tyro.conf.OmitArgPrefixes[SubstituteFlags] = SubstituteFlags()
    evaluation: tyro.conf.OmitArgPrefixes[EpisodesFlags] = EpisodesFlags()
    randomness: tyro.conf.OmitArgPrefixes[SeedFlags] = SeedFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.evaluation.check()
        self.randomness.check()
        if not self.model_path:
            raise ValueError("--model-path is empty; name one at least")
        if not self.budgets:
            raise ValueError("--budgets is empty; name one at least")
        for budget in self.budgets:
            check_number("--budgets", budget, above=0)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.budgets", Arguments, _try_out, args)


def priced_policies(paths: Sequence[Path]) -> list[PricedPolicy]:
    """Every policy that `--model-path` names. Raises `ValueError` where one is not priced or of another scenario."""
    policies: list[PricedPolicy] = []
    for path in chain.from_iterable(map(policy_files, paths)):
        policy = load_priced_policy(path)
        if policies and _trained_on(policy) != _trained_on(policies[0]):
            raise ValueError(
                f"--model-path is {path}; that policy was trained on {_trained_on(policy)}, the first on "
                f"{_trained_on(policies[0])}: they are not to be compared"
            )
        policies.append(policy)
    return policies


def _trained_on(policy: PricedPolicy) -> str:
    return f"{policy.scenario} of {policy.origin.environment}"


def _try_out(arguments: Arguments) -> None:
    policies = priced_policies(arguments.model_path)

    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    import jax

    from train.agents.paced import smallest_budget_of
    from train.agents.strategies import check_fleet
    from train.algorithm.environments import load_task
    from train.cli.console import console, print_written, terminal_table
    from train.pictures.budget_day import draw_paced_day
    from train.pictures.style import picture_files, save
    from train.studies.budget_trials import results_rows, trials, try_out

    scenario = policies[0].scenario
    task = load_task(Problem(scenario=scenario, env=policies[0].origin.environment, **vars(arguments.problem)))
    for policy in policies:
        check_fleet(policy, task.model_names, task.params)
    params, key, episodes = task.params, jax.random.key(arguments.randomness.seed), arguments.evaluation.episodes
    files = [] if arguments.picture is None else picture_files("--picture", arguments.picture)
    planned = trials(arguments.budgets, arguments.trouble, smallest_budget_of(params))
    outcomes = try_out(policies, params, planned, key, episodes)
    several = "" if len(policies) == 1 else f", {len(policies)} policies: mean (least to most)"
    title = f"{scenario}: {episodes} episodes, the same for each budget and price{several}"
    if files:
        middle = arguments.budgets[len(arguments.budgets) // 2]
        save(draw_paced_day(policies[0], params, middle, key), files)
    out = console()
    out.print(terminal_table(title, results_rows(outcomes)))
    for path in files:
        print_written(out, [path])


if __name__ == "__main__":
    main()
