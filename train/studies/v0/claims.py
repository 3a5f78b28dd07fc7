"""What is claimed of the agents of LLMRouter-v0: see `train.studies.claims.Claims` for the names here."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from jax_router.episodes import Episodes
from jax_router.policy import Policy
from jax_router.v0 import SCENARIOS as SCENARIOS
from jax_router.v0 import Params, budgeting
from jax_router.v0.tuning import TUNED_RULE
from train.algorithm.config import LONG_RUN, SHORT_RUN, Problem
from train.bounds.index_policy import NAME as INDEX_POLICY
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation, mixture_name
from train.studies.claims import CLAIMED_ON, SEED, Claim, Effort, Limit, PacedScores, rewards_of_seeds, span, trained

MIN_SAVING = 0.15
"""The least share of the costs that an agent has to save at matched quality."""
LARGE = "ppo, 2,048 environments"
"""The name of the agent of the long run."""
TRAINED_ON = {
    "default": "default",
    "tight_budget": "default",
    "rush_hour": "rush_hour",
    "overnight_batch": "overnight_batch",
}
AT_LEAST = {"default": 394.7, "tight_budget": 386.0, "overnight_batch": 427.0}
"""The reward of an episode that every priced policy has to earn, by scenario."""
AS_GOOD_AS_PLAIN = "rush_hour"
"""The scenario on which every priced policy has to earn at least as much as plain PPO does on average."""
MOST_LOST = 0.005
"""The largest share of the reward that a wrong first price may cost."""

FRESH = {
    "default": (Limit("greedy-reward", 0.99), Limit(TUNED_RULE, 0.9)),
    "rush_hour": (Limit("greedy-reward", 0.99),),
    "reference": (Limit("greedy-reward", 0.8, tolerance=0.1),),  # which is the best policy there: always tier1_small
}


def agents(problem: Problem, effort: Effort) -> dict[str, Policy]:
    """Agents of short runs, and on `CLAIMED_ON` one of a long run."""
    short = replace(SHORT_RUN, total_timesteps=effort.short_timesteps)
    found = {f"{SEED}{seed}": agent for seed, agent in trained(problem, short, effort.num_seeds).items()}
    if problem.scenario == CLAIMED_ON:
        long = replace(LONG_RUN, total_timesteps=effort.long_timesteps)
        found[LARGE] = trained(problem, long, num_seeds=1)[0]
    return found


def spent(episodes: Episodes, params: Params) -> np.ndarray:
    """What each of E episodes cost, (E,) float64, USD.

    The prompts of each model are counted, because a float32 sum of a thousand costs is not exact enough.
    """
    length = np.asarray(episodes.length, np.float64)
    counts = np.rint(np.asarray(episodes.model_share, np.float64) * length[:, None])
    return counts @ np.asarray(budgeting.mean_costs(params), np.float64)


def summaries(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """None: the tables of the scenarios say it all."""
    return []


def plain_claims(evaluations: Mapping[str, Evaluation]) -> list[Claim]:
    """The claims about `CLAIMED_ON`; none if it was not measured."""
    if CLAIMED_ON not in evaluations:
        return []
    evaluation = evaluations[CLAIMED_ON]
    scores = evaluation.scores
    seeds = [name for name in evaluation.matched if name != LARGE]
    opponents = {name: s for name, s in scores.items() if _is_untuned_opponent(name, evaluation)}
    best = max(opponents, key=lambda name: opponents[name].reward.mean)
    above = sum(scores[name].reward.mean > opponents[best].reward.mean for name in seeds)
    rule = scores[TUNED_RULE].reward.mean
    savings = [saving.mean for name in seeds if (saving := evaluation.matched[name].saving) is not None]
    saves = sum(_saves(evaluation, name) for name in seeds)
    spread = f"{min(savings):.1%} to {max(savings):.1%}" if savings else "nothing that can be compared"
    return [
        Claim(
            f"{above} of {len(seeds)} seeds earn more than every static and every untuned queue-aware strategy "
            f"(the best of them, {best}, earns {opponents[best].reward.mean:.1f}; "
            f"the seeds {min(scores[n].reward.mean for n in seeds):.1f} to "
            f"{max(scores[n].reward.mean for n in seeds):.1f}).",
            above == len(seeds),
        ),
        Claim(
            f"The agent with 2,048 environments earns {scores[LARGE].reward.mean:.1f}, "
            f"the tuned two-threshold rule {rule:.1f}.",
            scores[LARGE].reward.mean > rule,
        ),
        Claim(
            f"{saves} of {len(seeds)} seeds save at least {MIN_SAVING:.0%} against the cheapest mixture of the "
            f"models with their own quality, with fewer SLA violations (the seeds save {spread}).",
            saves >= 0.9 * len(seeds),
        ),
    ]


def priced_claims(evaluations: Mapping[str, Evaluation], results: Mapping[str, PacedScores]) -> list[Claim]:
    """The claims about priced policies, of the scenarios that were measured."""
    claims = []
    for scenario, result in results.items():
        if scenario in AT_LEAST:
            above = int((result.reward >= AT_LEAST[scenario]).sum())
            claims.append(
                Claim(
                    f"With the pacer and {result.budget:g} USD on `{scenario}`, {above} of {result.reward.size} priced "
                    f"policies earn at least {AT_LEAST[scenario]:g} ({span(result.reward)}).",
                    above == result.reward.size,
                )
            )
    if AS_GOOD_AS_PLAIN in results:
        reward, plain = results[AS_GOOD_AS_PLAIN].reward, rewards_of_seeds(evaluations[AS_GOOD_AS_PLAIN])
        above = int((reward >= plain.mean()).sum())
        claims.append(
            Claim(
                f"On `{AS_GOOD_AS_PLAIN}`, {above} of {reward.size} earn at least as much as plain PPO does on "
                f"average ({span(reward)}; plain PPO {plain.mean():.1f}).",
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


def _saves(evaluation: Evaluation, name: str) -> bool:
    saving = evaluation.matched[name].saving
    if saving is None or saving.mean < MIN_SAVING:
        return False
    blind = evaluation.scores[mixture_name(name)]
    return evaluation.scores[name].sla_violation_rate < blind.sla_violation_rate


def _is_untuned_opponent(name: str, evaluation: Evaluation) -> bool:
    ours = {*evaluation.matched, *map(mixture_name, evaluation.matched)}
    return name not in ours and name not in (TUNED_MIXTURE, TUNED_RULE) and not name.startswith(INDEX_POLICY)
