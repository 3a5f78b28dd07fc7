"""Trials of many budgets with several priced policies, their outcomes, and the table of these."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from router_serving.priced_policy import PricedPolicy
from train.evaluation.scores_table import in_usd
from train.studies.budgets import Hindsight, Result, Trial, run_trial

Outcome = tuple[Result, float]
"""The result of a trial with a policy, and the mean reward of the best fixed price in hindsight."""

FIRST_PRICE_FACTORS = (0.1, 10.0)
"""The wrong first prices, as factors of the right one."""


def trials(budgets: Sequence[float], trouble: bool, smallest: float) -> list[Trial]:
    """Return a trial of every budget and, with `trouble`, one for each kind of trouble.

    A budget is not halved if it would then fall below the `smallest` budget of an episode, USD.
    """
    planned = [Trial(budget) for budget in budgets]
    if not trouble:
        return planned
    misjudged = [replace(trial, first_price_factor=factor) for factor in FIRST_PRICE_FACTORS for trial in planned]
    halved = [replace(trial, halve_budget=True) for trial in planned if trial.budget > 2 * smallest]
    return planned + misjudged + halved + [replace(trial, double_load=True) for trial in planned]


def try_out(
    policies: Sequence[PricedPolicy], params: Any, trials: Sequence[Trial], key: jax.Array, num_episodes: int
) -> list[list[Outcome]]:
    """Run every policy through every trial; return, for each trial, the outcome with each policy."""
    by_policy = []
    for policy in policies:
        hindsight = Hindsight(policy, params, key, num_episodes)
        results = [run_trial(policy, params, trial, key, num_episodes)[0] for trial in trials]
        by_policy.append([(result, hindsight.reward(result)) for result in results])
    return [list(outcomes) for outcomes in zip(*by_policy, strict=True)]


def results_rows(outcomes_of_trials: Sequence[Sequence[Outcome]]) -> list[list[str]]:
    """Return a header and a row for each trial."""
    rows = [["budget, USD", "what goes wrong", "reward", "in hindsight", "ratio", "spent", "allowed", "most overspent"]]
    for outcomes in outcomes_of_trials:
        results = [result for result, _ in outcomes]
        best = np.array([hindsight for _, hindsight in outcomes])
        reward = np.array([result.reward for result in results])
        # No share can be given where hindsight earns nothing.
        ratio = 1 - np.divide(best - reward, abs(best), out=np.full_like(best, np.nan), where=best != 0)
        overspent = max(0.0, *(result.most_overspent for result in results))
        trial = results[0].trial
        rows.append(
            [
                f"{trial.budget:g}",
                trial.name,
                mean_and_range(reward, ".1f"),
                mean_and_range(best, ".1f"),
                mean_and_range(ratio, ".2%"),
                mean_and_range([result.cost for result in results], in_usd),
                mean_and_range([result.allowed for result in results], in_usd),
                f"{overspent:.5f}",
            ]
        )
    return rows


def mean_and_range(values: Sequence[float] | np.ndarray, spec: str | Callable[[float], str]) -> str:
    """Write the mean of numbers and, unless all are written alike, the least and the most; a dash where one is NaN.

    `spec` is a format such as ".1f", or a function that writes a number.
    """
    if np.isnan(values).any():
        return "-"
    mean, low, high = (
        spec(float(value)) if callable(spec) else f"{value:{spec}}"
        for value in (np.mean(values), np.min(values), np.max(values))
    )
    return low if low == high else f"{mean} ({low} to {high})"
