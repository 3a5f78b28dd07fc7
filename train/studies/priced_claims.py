"""Measuring the claims about priced policies: one policy of every seed for several budgets, with the pacer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import jax
import numpy as np

from jax_router import make_params, versions
from jax_router.rollout import compare
from jax_router.simulator import AnyParams
from router_serving.priced_policy import PricedPolicy
from train.agents.strategies import paced, ratio_for_wrong_price
from train.algorithm.config import PRICED_RUN, Config, Problem, Run
from train.cli.console import markdown_table
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation, episode_key
from train.run.trained import trained_policies
from train.studies.claims_page import Claim
from train.studies.plain_claims import LARGE

TRAINED_ON = {
    "default": "default",
    "tight_budget": "default",
    "rush_hour": "rush_hour",
    "overnight_batch": "overnight_batch",
}
"""The scenario that the policies of each scenario are trained on; another budget needs no other policy."""
AT_LEAST = {"default": 394.7, "tight_budget": 386.0, "overnight_batch": 427.0}
"""The reward of an episode that every seed has to earn, by scenario."""
AS_GOOD_AS_PLAIN = "rush_hour"
"""The scenario on which every seed has to earn at least as much as plain PPO does on average."""
WRONG_FACTORS = (0.1, 10.0)
"""The wrong first prices, as factors of the right one."""
MOST_LOST = 0.005
"""The largest share of the reward that a wrong first price may cost."""


@dataclass(frozen=True)
class PacedScores:
    """Priced policies of S seeds with the pacer on one scenario, over the same episodes."""

    budget: float
    """The budget of an episode, USD."""
    reward: np.ndarray
    """The mean reward of an episode for each seed, (S,) float64."""
    wrong_reward: np.ndarray
    """The mean reward with a first price that is wrong by each of `WRONG_FACTORS`, (2, S) float64."""
    most_over: float
    """The overspending of the worst of all these episodes, USD; negative if each of them had some budget left."""
    fewest_prompts: float
    """The share of its prompts that the worst episode served; 1 if no episode ran out of budget."""


def measure_priced(
    evaluations: Mapping[str, Evaluation], key: jax.Array, num_seeds: int, total_timesteps: int, num_episodes: int
) -> tuple[str, list[Claim]]:
    """Train and run priced policies; return a section of the page in Markdown, and the claims.

    Args:
        evaluations: of the plain agents, by scenario; those without a place in `TRAINED_ON` are left out.
        key: the key that each of these evaluations was given, so that all policies meet the same episodes.
        num_seeds: the number of priced policies to train on each scenario that needs its own.
        total_timesteps: the environment steps that each of them learns from.
        num_episodes: the number of episodes of each evaluation.
    """
    policies: dict[str, list[PricedPolicy]] = {}
    results = {}
    for scenario in filter(TRAINED_ON.get, evaluations):
        source = TRAINED_ON[scenario]
        if source not in policies:
            policies[source] = _trained(source, num_seeds, total_timesteps)
        results[scenario] = run_paced(policies[source], make_params(scenario), key, num_episodes)
    kinds = {name: evaluations[name] for name in results}
    return _section(kinds, results, num_seeds), check_priced_claims(kinds, results)


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
    length = np.array([run.length for run in runs])
    # The prompts of each model are counted, because a float32 sum of a thousand costs is not exact enough.
    counts = np.rint(np.array([run.model_share for run in runs], np.float64) * length[..., None])
    spent = counts @ np.asarray(versions.of(params).budgeting.mean_costs(params), np.float64)
    budget = float(params.budget)
    fewest = length.min() / int(params.episode_length)
    return PacedScores(budget, reward[0], reward[1:], float((spent - budget).max()), float(fewest))


def check_priced_claims(evaluations: Mapping[str, Evaluation], results: Mapping[str, PacedScores]) -> list[Claim]:
    """What README claims of priced policies, of the scenarios that were measured."""
    claims = []
    for scenario, result in results.items():
        if scenario in AT_LEAST:
            above = int((result.reward >= AT_LEAST[scenario]).sum())
            claims.append(
                Claim(
                    f"With the pacer and {result.budget:g} USD on `{scenario}`, {above} of {result.reward.size} priced "
                    f"policies earn at least {AT_LEAST[scenario]:g} ({_span(result.reward)}).",
                    above == result.reward.size,
                )
            )
    if AS_GOOD_AS_PLAIN in results:
        reward, plain = results[AS_GOOD_AS_PLAIN].reward, _plain(evaluations[AS_GOOD_AS_PLAIN])
        above = int((reward >= plain.mean()).sum())
        claims.append(
            Claim(
                f"On `{AS_GOOD_AS_PLAIN}`, {above} of {reward.size} earn at least as much as plain PPO does on "
                f"average ({_span(reward)}; plain PPO {plain.mean():.1f}).",
                above == reward.size,
            )
        )
    if results:
        lost = max(float((1 - one.wrong_reward / one.reward).max()) for one in results.values())
        over = max(one.most_over for one in results.values())
        served = min(one.fewest_prompts for one in results.values())
        claims += [
            Claim(
                f"A first price that is wrong by a factor of 10 costs at most {MOST_LOST:.1%} of the reward "
                f"(at most {lost:.2%}).",
                lost <= MOST_LOST,
            ),
            Claim(
                f"No episode of a pacer spent a cent over its budget, and none ran dry before 99 % of its prompts (at "
                f"most {max(over, 0):.6f} USD over; at least {served:.1%} of the prompts were served).",
                over < 1e-6 and served >= 0.99,
            ),
        ]
    return claims


def _trained(scenario: str, num_seeds: int, total_timesteps: int) -> list[PricedPolicy]:
    config = Config(
        Problem(scenario=scenario, priced=True),
        replace(PRICED_RUN, total_timesteps=total_timesteps),
        Run(num_seeds=num_seeds),
    )
    return [policy for policy in trained_policies(config).values() if isinstance(policy, PricedPolicy)]


def _section(evaluations: Mapping[str, Evaluation], results: Mapping[str, PacedScores], num_seeds: int) -> str:
    num_plain = len(_plain(next(iter(evaluations.values())))) if evaluations else 0
    rows = [["mean reward", *(f"`{name}`, {result.budget:g} USD" for name, result in results.items())]]
    rows.append(["best mixture of the models", *(_mixture(one) for one in evaluations.values())])
    rows.append([f"plain PPO, {num_plain} seeds", *(_span(_plain(one)) for one in evaluations.values())])
    rows.append([f"priced policy with the pacer, {num_seeds} seeds", *(_span(one.reward) for one in results.values())])
    wrong = (_span(one.wrong_reward) for one in results.values())
    rows.append(["the same, first price wrong by a factor of 10", *wrong])
    return (
        "## One policy for every budget\n\n"
        "Of several seeds, the lowest to the highest. The priced policies of `tight_budget` are those of `default`, "
        f"which differs in the budget alone.\n\n{markdown_table(rows)}"
    )


def _mixture(evaluation: Evaluation) -> str:
    found = evaluation.scores.get(TUNED_MIXTURE)
    return "" if found is None else f"{found.reward.mean:.1f}"


def _plain(evaluation: Evaluation) -> np.ndarray:
    """The reward of every seed of plain PPO's short run."""
    names = [name for name in evaluation.matched if name != LARGE]
    return np.array([evaluation.scores[name].reward.mean for name in names])


def _span(rewards: np.ndarray) -> str:
    low, high = f"{rewards.min():.1f}", f"{rewards.max():.1f}"
    return low if low == high else f"{low} to {high}"
