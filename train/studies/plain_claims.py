"""Measuring the claims about agents that are trained for one budget: short runs of several seeds, and a long one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import jax
from rich.console import Console

from jax_router import versions
from jax_router.policy import Policy
from train.agents.strategies import as_strategy
from train.algorithm.config import LONG_RUN, SHORT_RUN, Config, Learning, Problem, Run
from train.algorithm.environments import load_task
from train.bounds.index_policy import NAME as INDEX_POLICY
from train.cli.console import markdown_table
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.bounds import bound_in_words
from train.evaluation.comparison import Evaluation, evaluate, mixture_name
from train.evaluation.scores import Score
from train.evaluation.scores_table import table_rows
from train.run.trained import trained_policies
from train.studies.claims_page import Claim

CLAIMED_ON = "default"
"""The scenario that the claims are about; the long run is trained on it, too."""
MIN_SAVING = 0.15
"""The least share of the costs that an agent has to save at matched quality."""
LARGE = "ppo, 2,048 environments"
"""The name of the agent of the long run."""


@dataclass(frozen=True)
class Effort:
    """How much is trained and measured."""

    num_seeds: int
    """Agents of the short run on each scenario."""
    short_timesteps: int
    """Environment steps that each of them learns from."""
    long_timesteps: int
    """Environment steps that the agent of the long run learns from."""
    num_episodes: int
    """Episodes that all strategies run through."""
    tuning_episodes: int
    """Other episodes, for each candidate of the tuned strategies."""
    bound_seconds: float = 0.0
    """For how long to look for the upper bound of each scenario, about; 0 leaves it out."""


def evaluate_plain(scenarios: Sequence[str], effort: Effort, key: jax.Array, out: Console) -> dict[str, Evaluation]:
    """Train the agents of every scenario, and compare them with every other strategy; by scenario.

    The same `key` is given to every `evaluate`; `out` shows which scenarios are done.
    """
    evaluations = {}
    for scenario in scenarios:
        problem = Problem(scenario=scenario)
        short = replace(SHORT_RUN, total_timesteps=effort.short_timesteps)
        agents = {f"ppo, seed {seed}": one for seed, one in _trained(problem, short, effort.num_seeds).items()}
        if scenario == CLAIMED_ON:
            long = replace(LONG_RUN, total_timesteps=effort.long_timesteps)
            agents[LARGE] = _trained(problem, long, num_seeds=1)[0]
        task = load_task(problem)
        evaluations[scenario] = evaluate(
            key,
            task.params,
            task.model_names,
            agents,
            effort.num_episodes,
            effort.tuning_episodes,
            bound_seconds=effort.bound_seconds,
            out=out,
        )
        out.print(f"{scenario}: measured")
    return evaluations


def check_plain_claims(evaluations: Mapping[str, Evaluation]) -> list[Claim]:
    """Check what README claims of plain agents, where their scenario was measured, and of the bounds."""
    claims = check_claims(evaluations[CLAIMED_ON]) if CLAIMED_ON in evaluations else []
    return claims + check_bounds(evaluations)


def plain_sections(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """A section of the page for each scenario, in Markdown."""
    return [_section(scenario, evaluation) for scenario, evaluation in evaluations.items()]


def check_bounds(evaluations: Mapping[str, Evaluation]) -> list[Claim]:
    """That nothing earns more than no policy can, by scenario, up to what luck makes of this number of episodes."""
    bounded = {name: one for name, one in evaluations.items() if one.bound is not None}
    if not bounded:
        return []
    above, gaps = [], []
    for scenario, evaluation in bounded.items():
        assert evaluation.bound is not None
        limit = evaluation.bound.value + evaluation.bound.numerical_error
        rewards = {name: score.reward for name, score in evaluation.scores.items()}
        above += [f"{name} on {scenario}" for name, reward in rewards.items() if reward.low > limit]
        gaps.append(f"{evaluation.bound.gap(max(r.mean for r in rewards.values())):.1%} on `{scenario}`")
    sentence = f"No strategy is above the upper bound of its scenario; the best is within {', '.join(gaps)}"
    return [Claim(sentence + (f" (above: {', '.join(above)})." if above else "."), not above)]


def check_claims(evaluation: Evaluation) -> list[Claim]:
    """The claims about `CLAIMED_ON`, from its evaluation."""
    scores = evaluation.scores
    seeds = [name for name in evaluation.matched if name != LARGE]
    opponents = {name: s for name, s in scores.items() if _is_untuned_opponent(name, evaluation)}
    best = max(opponents, key=lambda name: opponents[name].reward.mean)
    above = sum(scores[name].reward.mean > opponents[best].reward.mean for name in seeds)
    rule = scores[_tuned_rule()].reward.mean
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


def _saves(evaluation: Evaluation, name: str) -> bool:
    saving = evaluation.matched[name].saving
    if saving is None or saving.mean < MIN_SAVING:
        return False
    blind = evaluation.scores[mixture_name(name)]
    return evaluation.scores[name].sla_violation_rate < blind.sla_violation_rate


def _is_untuned_opponent(name: str, evaluation: Evaluation) -> bool:
    ours = {*evaluation.matched, *map(mixture_name, evaluation.matched)}
    return name not in ours and name not in (TUNED_MIXTURE, _tuned_rule()) and not name.startswith(INDEX_POLICY)


def _tuned_rule() -> str:
    return versions.load(versions.DEFAULT).tuning.TUNED_RULE


def _section(scenario: str, evaluation: Evaluation) -> str:
    text = f"## `{scenario}`\n\n{markdown_table(table_rows(_summed_up(evaluation), bound=evaluation.bound))}\n"
    if evaluation.bound is not None:
        text += bound_in_words(evaluation.bound, evaluation.scores) + "\n"
    num_prompts = max(score.length for score in evaluation.scores.values())
    if any(evaluation.scores[name].length < 0.99 * num_prompts for name in evaluation.matched):
        text += "Agents with fewer prompts ran out of budget; savings are per prompt routed.\n"
    savings = [
        f"{name} {found.saving.mean:.1%} ({found.saving.low:.1%} to {found.saving.high:.1%})"
        for name, found in evaluation.matched.items()
        if found.saving is not None
    ]
    free = [name for name, found in evaluation.matched.items() if found.mixture is not None and found.saving is None]
    if free:
        text += f"A mixture with the quality of {', '.join(free)} costs nothing: there is nothing to save.\n"
    if savings:
        text += f"Saved against the cheapest mixture of the same quality (95 % interval): {'; '.join(savings)}.\n"
    without = [name for name, found in evaluation.matched.items() if found.mixture is None]
    if without:
        text += f"No mixture of the models has the quality of {', '.join(without)}.\n"
    none_within = [n for n, found in evaluation.matched.items() if found.num_tried and found.within_sla is None]
    tried = max(found.num_tried for found in evaluation.matched.values())
    if none_within:
        text += (
            f"For {len(none_within)} of {len(evaluation.matched)} agents, none of {tried:,} mixtures tried has both "
            "their quality and no more SLA violations.\n"
        )
    return text


def _summed_up(evaluation: Evaluation) -> Mapping[str, Score]:
    """Return the scores of all strategies, but only the first of the mixtures that match an agent."""
    first, *others = [mixture_name(name) for name in evaluation.matched]
    return {name: score for name, score in evaluation.scores.items() if name not in others or name == first}


def _trained(problem: Problem, learning: Learning, num_seeds: int) -> dict[int, Policy]:
    """Strategies that act greedily, by the seed that they were trained from."""
    policies = trained_policies(Config(problem, learning, Run(num_seeds=num_seeds)))
    return {seed: as_strategy(policy) for seed, policy in policies.items()}
