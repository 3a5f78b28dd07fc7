"""What is claimed of the agents of LLMRouter-v1: see `train.studies.claims.Claims` for the names here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from jax_router.episodes import Episodes
from jax_router.policy import Policy
from jax_router.v1 import SCENARIOS as ALL_SCENARIOS
from jax_router.v1 import Params
from jax_router.v1.scenarios import REPLAY
from jax_router.v1.tuning import TUNED_LADDER, TUNED_RULE
from train.algorithm.config import LONG_RUN, Problem, learning_for
from train.cli.console import markdown_table
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation
from train.studies.claims import SEED, Claim, Effort, Limit, PacedScores, rewards_of_seeds, span, trained

SCENARIOS = tuple(name for name in ALL_SCENARIOS if name != REPLAY)  # a replay needs somebody's trace
TRAINED_ON = {"default": "default", "tight_budget": "default"}
GREEDY = "greedy-reward"
SCARCE = ("default", "bursts", "outages", "sessions")
"""The scenarios on which foresight is worth something: something is scarce, and money is not."""
PACED = "tight_budget"
"""The scenario on which money has to be paced."""
FRESH: Mapping[str, Sequence[Limit]] = {}
"""None: an agent takes minutes to train."""
RULES = (GREEDY, TUNED_RULE, TUNED_LADDER, TUNED_MIXTURE)


def agents(problem: Problem, effort: Effort) -> dict[str, Policy]:
    """Agents of long runs: short ones do not get far."""
    learning = replace(learning_for(problem, LONG_RUN), total_timesteps=effort.long_timesteps)
    return {f"{SEED}{seed}": agent for seed, agent in trained(problem, learning, effort.long_seeds).items()}


def spent(episodes: Episodes, params: Params) -> np.ndarray:
    """What each of E episodes cost, (E,) float64, USD."""
    return np.asarray(episodes.cost, np.float64)


def plain_claims(evaluations: Mapping[str, Evaluation]) -> list[Claim]:
    """That agents earn more than the greedy rule wherever something is scarce, in the mean over the same episodes."""
    claims = []
    for scenario in filter(evaluations.__contains__, SCARCE):
        evaluation = evaluations[scenario]
        seeds, greedy = rewards_of_seeds(evaluation), evaluation.scores[GREEDY].reward.mean
        above = int((seeds > greedy).sum())
        claims.append(
            Claim(
                f"On `{scenario}`, {above} of {seeds.size} agents earn more than the greedy rule "
                f"({span(seeds)}; {GREEDY} {greedy:.1f}).",
                above == seeds.size,
            )
        )
    return claims


def priced_claims(evaluations: Mapping[str, Evaluation], results: Mapping[str, PacedScores]) -> list[Claim]:
    """That a priced policy with the pacer earns more than every rule where money is scarce, and keeps to the budget."""
    if PACED not in results:
        return []
    scores, result = evaluations[PACED].scores, results[PACED]
    rules = {name: score.reward.mean for name, score in scores.items() if not name.startswith(SEED)}
    best = max(rules, key=lambda name: rules[name])
    above = int((result.reward > rules[best]).sum())
    return [
        Claim(
            f"With the pacer and {result.budget:g} USD on `{PACED}`, {above} of {result.reward.size} priced policies "
            f"earn more than every rule ({span(result.reward)}; the best, {best}, {rules[best]:.1f}).",
            above == result.reward.size,
        ),
        Claim(
            f"No episode of a pacer on `{PACED}` ran dry before 99 % of its prompts, or spent more than 5 % over its "
            f"budget: the last prompt's answer may be longer than expected (at most {max(result.most_over, 0):.4f} USD "
            f"over; at least {result.fewest_prompts:.1%} of the prompts were served).",
            result.most_over <= 0.05 * result.budget and result.fewest_prompts >= 0.99,
        ),
    ]


def summaries(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """A table of agents and tuned rules by scenario, which says who earns most."""
    rows = [["mean reward", *RULES, "PPO, lowest to highest seed", "PPO, mean", "highest"]]
    for scenario, evaluation in evaluations.items():
        seeds = rewards_of_seeds(evaluation)
        rules = {name: evaluation.scores[name].reward.mean for name in RULES}
        everyone = rules | {"PPO, mean": float(seeds.mean())}
        best = max(everyone, key=lambda name: everyone[name])
        highest = "PPO" if best == "PPO, mean" else best
        numbers = [*(f"{reward:.1f}" for reward in rules.values()), span(seeds), f"{seeds.mean():.1f}"]
        rows.append([f"`{scenario}`", *numbers, highest])
    return [f"### Agents and tuned rules\n\n{markdown_table(rows)}"] if evaluations else []
