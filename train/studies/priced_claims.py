"""Measuring priced policies: one policy of every seed for several budgets, with the pacer."""

from collections.abc import Mapping
from dataclasses import replace

import jax
import numpy as np

from jax_router import versions
from jax_router.rollout import compare
from jax_router.simulator import AnyParams
from router_serving.priced_policy import PricedPolicy
from train.agents.strategies import paced, ratio_for_wrong_price
from train.algorithm.config import PRICED_RUN, Config, Problem, Run, learning_for
from train.cli.console import markdown_table
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation, episode_key
from train.run.trained import trained_policies
from train.studies.claims import Effort, PacedScores, claims_of, rewards_of_seeds, span

WRONG_FACTORS = (0.1, 10.0)
"""The wrong first prices, as factors of the right one."""


def measure_priced(
    environment: str, evaluations: Mapping[str, Evaluation], effort: Effort, key: jax.Array
) -> dict[str, PacedScores]:
    """Train priced policies, and run them with the pacer; by scenario.

    Args:
        environment: the id of the environment.
        evaluations: of the plain agents, by scenario; those without priced policies are left out.
        effort: how many policies are trained, for how long, and on how many episodes they are evaluated.
        key: the key that each of these evaluations was given, so that all policies meet the same episodes.
    """
    trained_on = claims_of(environment).TRAINED_ON
    policies: dict[str, list[PricedPolicy]] = {}
    results = {}
    for scenario in filter(trained_on.get, evaluations):
        source = trained_on[scenario]
        if source not in policies:
            policies[source] = _trained(Problem(env=environment, scenario=source, priced=True), effort)
        params = versions.load(environment).make_params(scenario)
        results[scenario] = run_paced(policies[source], params, key, effort.num_episodes)
    return results


def run_paced(policies: list[PricedPolicy], params: AnyParams, key: jax.Array, num_episodes: int) -> PacedScores:
    """Every policy with the pacer, begun where it always begins and where it should not."""
    factors = (1.0, *WRONG_FACTORS)
    names = {(factor, i): f"policy {i}, first price x {factor:g}" for factor in factors for i in range(len(policies))}
    strategies = {
        name: paced(policies[i], params, cost_ratio=ratio_for_wrong_price(policies[i], params, factor))
        for (factor, i), name in names.items()
    }
    episodes = compare(episode_key(key), strategies, num_episodes, params)
    means = {pair: np.asarray(episodes[name].reward, np.float64).mean() for pair, name in names.items()}
    reward = np.array([[means[factor, i] for i in range(len(policies))] for factor in factors])
    runs = list(episodes.values())
    spent = np.array([claims_of(params.simulator.name).spent(run, params) for run in runs])
    budget = float(params.budget)
    fewest = np.array([run.length for run in runs]).min() / int(params.episode_length)
    return PacedScores(budget, reward[0], reward[1:], float((spent - budget).max()), float(fewest))


def priced_section(
    evaluations: Mapping[str, Evaluation], results: Mapping[str, PacedScores], trained_on: Mapping[str, str]
) -> str:
    """A section of the page in Markdown: priced policies beside plain ones, by scenario."""
    kinds = [evaluations[name] for name in results]
    num_plain = len(rewards_of_seeds(kinds[0])) if kinds else 0
    num_seeds = len(next(iter(results.values())).reward) if results else 0
    rows = [["mean reward", *(f"`{name}`, {result.budget:g} USD" for name, result in results.items())]]
    rows.append(["best mixture of the models", *(_mixture(one) for one in kinds)])
    rows.append([f"plain PPO, {num_plain} seeds", *(span(rewards_of_seeds(one)) for one in kinds)])
    rows.append([f"priced policy with the pacer, {num_seeds} seeds", *(span(one.reward) for one in results.values())])
    wrong = (span(one.wrong_reward) for one in results.values())
    rows.append(["the same, first price wrong by a factor of 10", *wrong])
    borrowed = [f"`{name}` are those of `{source}`" for name, source in trained_on.items() if name != source]
    note = f"The priced policies of {', of '.join(borrowed)}, which differs in the budget alone. " if borrowed else ""
    return (
        "### One policy for every budget\n\n"
        f"Of several seeds, the lowest to the highest. {note.strip()}\n\n{markdown_table(rows)}"
    )


def _trained(problem: Problem, effort: Effort) -> list[PricedPolicy]:
    learning = replace(learning_for(problem, PRICED_RUN), total_timesteps=effort.priced_timesteps)
    policies = trained_policies(Config(problem, learning, Run(num_seeds=effort.priced_seeds)))
    return [policy for policy in policies.values() if isinstance(policy, PricedPolicy)]


def _mixture(evaluation: Evaluation) -> str:
    found = evaluation.scores.get(TUNED_MIXTURE)
    return "" if found is None else f"{found.reward.mean:.1f}"
