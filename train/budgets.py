"""The command `python -m train.budgets`: priced policies with many budgets, beside hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tyro

from jax_router.internal.checks import check_number, check_whole_number
from router_serving.policy_file import load_priced_policy
from router_serving.priced_policy import PricedPolicy
from train.cli.errors import one_line_errors
from train.run.folder import policy_files

if TYPE_CHECKING:
    from train.studies.budgets import Result, Trial


@dataclass(frozen=True)
class Arguments:
    """Give a priced policy many budgets, and compare it with the best fixed price chosen in hindsight.

    The same with half of the budget taken away in the middle, with the load doubled there, and with first prices that
    are wrong. Of several policies: the mean, and the range over them.
    """

    model_path: tuple[Path, ...]
    """Run directories, of one seed or of several, or policy files of train.ppo --priced."""
    budgets: tuple[float, ...] = (0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 6.0, 10.0)
    """USD an episode."""
    trouble: bool = True
    """Also with what goes wrong in mid-episode, and with wrong first prices."""
    episodes: int = 256
    """Of each trial."""
    seed: int = 0
    """Of the episodes."""
    picture: Path | None = None
    """A picture of a day of the first policy with the middle one of the budgets, saved as .png and as .svg; replaces
    older ones."""


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input."""
    arguments = tyro.cli(Arguments, args=args, prog="python -m train.budgets")
    with one_line_errors():
        check_whole_number("--episodes", arguments.episodes, at_least=1)
        check_whole_number("--seed", arguments.seed, at_least=0)
        if not arguments.budgets:
            raise ValueError("--budgets is empty; name one at least")
        for budget in arguments.budgets:
            check_number("--budgets", budget, above=0)
        _run(arguments, priced_policies(arguments.model_path))


def priced_policies(paths: Sequence[Path]) -> list[PricedPolicy]:
    """Every policy that `--model-path` names. Raises `ValueError` where one is not priced or of another scenario."""
    policies: list[PricedPolicy] = []
    for path in chain.from_iterable(map(policy_files, paths)):
        policy = load_priced_policy(path)
        if policies and policy.scenario != policies[0].scenario:
            raise ValueError(
                f"--model-path is {path}; that policy was trained on {policy.scenario}, the first on "
                f"{policies[0].scenario}: they are not to be compared"
            )
        policies.append(policy)
    if not policies:
        raise ValueError("--model-path is empty; name one at least")
    return policies


def trials(budgets: Sequence[float], trouble: bool, smallest: float) -> "list[Trial]":
    """Every budget as planned and, if asked for, with each thing that may go wrong.

    Half of the money is not taken where what is left would be less than the `smallest` budget, USD an episode, allows.
    """
    from train.studies.budgets import Trial

    planned = [Trial(budget) for budget in budgets]
    if not trouble:
        return planned
    factors = [replace(trial, first_price_factor=factor) for factor in (0.1, 10.0) for trial in planned]
    halved = [replace(trial, halve_budget=True) for trial in planned if trial.budget > 2 * smallest]
    return planned + factors + halved + [replace(trial, double_load=True) for trial in planned]


def results_table(outcomes: "Sequence[Sequence[tuple[Result, float]]]") -> list[list[str]]:
    """A header and a row for each trial, from its result and the reward of its hindsight with each policy."""
    rows = [["budget, USD", "what goes wrong", "reward", "in hindsight", "ratio", "spent", "allowed", "most over"]]
    for outcome in outcomes:
        results = [result for result, _ in outcome]
        best = np.array([hindsight for _, hindsight in outcome])
        reward = np.array([result.reward for result in results])
        ratio = 1 - (best - reward) / abs(best)
        over = max(0.0, *(result.most_overspent for result in results))
        trial = results[0].trial
        rows.append(
            [
                f"{trial.budget:g}",
                trial.name,
                mean_and_range(reward, ".1f"),
                mean_and_range(best, ".1f"),
                mean_and_range(ratio, ".2%"),
                mean_and_range([result.cost for result in results], ".3f"),
                mean_and_range([result.allowed for result in results], ".3f"),
                f"{over:.5f}",
            ]
        )
    return rows


def mean_and_range(values: Sequence[float] | np.ndarray, spec: str) -> str:
    """The mean of numbers and, unless all are written alike, the least and the most; a dash where one is missing."""
    if np.isnan(values).any():
        return "-"
    low, high = f"{np.min(values):{spec}}", f"{np.max(values):{spec}}"
    return low if low == high else f"{np.mean(values):{spec}} ({low} to {high})"


def _run(arguments: Arguments, policies: Sequence[PricedPolicy]) -> None:
    # Late, like all of JAX: `--help` or a typo should not take seconds.
    import jax

    from train.agents.paced import smallest_budget_of
    from train.agents.strategies import check_fleet
    from train.algorithm.problem import load_problem
    from train.evaluation.scores_table import console, strategy_table
    from train.pictures.budget_day import draw_paced_day
    from train.pictures.style import picture_files, save
    from train.studies.budgets import Hindsight, run_trial

    scenario = policies[0].scenario
    problem = load_problem(scenario)
    for policy in policies:
        check_fleet(policy, problem.model_names, problem.params)
    params, key, episodes = problem.params, jax.random.key(arguments.seed), arguments.episodes
    files = [] if arguments.picture is None else picture_files("--picture", arguments.picture)
    smallest = smallest_budget_of(params)
    planned = trials(arguments.budgets, arguments.trouble, smallest)
    by_policy = []
    for policy in policies:
        hindsight = Hindsight(policy, params, key, episodes)
        results = [run_trial(policy, params, trial, key, episodes)[0] for trial in planned]
        by_policy.append([(result, hindsight.reward(result)) for result in results])
    several = "" if len(policies) == 1 else f", {len(policies)} policies: mean (least to most)"
    title = f"{scenario}: {episodes} episodes, the same for each budget and price{several}"
    out = console()
    out.print(strategy_table(title, results_table(list(zip(*by_policy, strict=True)))))
    if files:
        middle = arguments.budgets[len(arguments.budgets) // 2]
        save(draw_paced_day(policies[0], params, middle, key), files)
    for path in files:
        out.print(f"written: {path}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
