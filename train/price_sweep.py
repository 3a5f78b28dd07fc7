"""The command `python -m train.price_sweep`: one priced policy with many budgets, beside hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tyro

from jax_router.checks import check_number, check_whole_number
from train.errors import one_line_errors
from train.policy import load_policy
from train.priced_policy import PricedPolicy

if TYPE_CHECKING:
    from train.paced_days import Result, Trial


@dataclass(frozen=True)
class Arguments:
    """Give a priced policy many budgets, and compare it with the best fixed price chosen in hindsight.

    The same with half of the budget taken away in the middle, with the load doubled there, and with first prices that
    are wrong.
    """

    model_path: Path
    """A run directory or a policy file of train.ppo --priced."""
    budgets: tuple[float, ...] = (0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 6.0, 10.0)
    """USD an episode."""
    trouble: bool = True
    """Also with what goes wrong in mid-episode, and with wrong first prices."""
    episodes: int = 256
    """Of each trial."""
    seed: int = 0
    """Of the episodes."""
    picture: Path | None = None
    """A picture of a day with the middle one of the budgets, saved as .png and as .svg; replaces older ones."""


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input."""
    arguments = tyro.cli(Arguments, args=args, prog="python -m train.price_sweep")
    with one_line_errors():
        check_whole_number("--episodes", arguments.episodes, at_least=1)
        check_whole_number("--seed", arguments.seed, at_least=0)
        if not arguments.budgets:
            raise ValueError("--budgets is empty; name one at least")
        for budget in arguments.budgets:
            check_number("--budgets", budget, above=0)
        policy = load_policy(arguments.model_path)
        if not isinstance(policy, PricedPolicy):
            raise ValueError(f"--model-path is {arguments.model_path}; that policy was trained without --priced")
        _run(arguments, policy)


def trials(budgets: Sequence[float], trouble: bool, smallest: float) -> "list[Trial]":
    """Every budget as planned and, if asked for, with each thing that may go wrong.

    Half of the money is not taken where what is left would be less than the `smallest` budget, USD an episode, allows.
    """
    from train.paced_days import Trial

    planned = [Trial(budget) for budget in budgets]
    if not trouble:
        return planned
    factors = [replace(trial, first_price_factor=factor) for factor in (0.1, 10.0) for trial in planned]
    halved = [replace(trial, halve_budget=True) for trial in planned if trial.budget > 2 * smallest]
    return planned + factors + halved + [replace(trial, double_load=True) for trial in planned]


def results_table(results: "Sequence[tuple[Result, float]]") -> list[list[str]]:
    """A header and a row for each trial and the reward of its hindsight."""
    rows = [["budget, USD", "what goes wrong", "reward", "in hindsight", "ratio", "spent", "allowed", "most over"]]
    for one, best in results:
        ratio = "-" if np.isnan(best) else f"{1 - (best - one.reward) / abs(best):.2%}"
        numbers = [f"{one.reward:.1f}", "-" if np.isnan(best) else f"{best:.1f}", ratio, f"{one.cost:.3f}"]
        over = f"{max(one.most_overspent, 0):.5f}"
        rows.append([f"{one.trial.budget:g}", one.trial.name, *numbers, f"{one.allowed:.3f}", over])
    return rows


def _run(arguments: Arguments, policy: PricedPolicy) -> None:
    # Late, like all of JAX: `--help` or a typo should not take seconds.
    import jax

    from train.evaluate import check_fleet
    from train.paced_days import Hindsight, Trial, run_trial
    from train.picture_price import draw_price_day
    from train.plots import picture_files, save
    from train.problem import load_problem
    from train.table import console, strategy_table

    problem = load_problem(policy.scenario)
    check_fleet(policy, problem.model_names)
    params = problem.params
    key = jax.random.key(arguments.seed)
    files = [] if arguments.picture is None else picture_files("--picture", arguments.picture)
    hindsight = Hindsight(policy, params, key, arguments.episodes)
    smallest = float(np.min(params.fleet.cost_per_call)) * int(params.episode_length)
    results = []
    for trial in trials(arguments.budgets, arguments.trouble, smallest):
        result, _ = run_trial(policy, params, trial, key, arguments.episodes)
        results.append((result, hindsight.reward(result)))
    title = f"{policy.scenario}: {arguments.episodes} episodes, the same for each budget and price"
    out = console()
    out.print(strategy_table(title, results_table(results)))
    if files:
        middle = Trial(arguments.budgets[len(arguments.budgets) // 2])
        _, days = run_trial(policy, params, middle, key, num_episodes=1)
        price, budget_left, action = (
            np.asarray(column)[:, 0] for column in (days.price, days.budget_left, days.action)
        )
        save(draw_price_day(price, budget_left, action, problem.model_names, policy.scenario), files)
    for path in files:
        out.print(f"written: {path}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
