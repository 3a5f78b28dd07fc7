"""Measuring agents that are trained for one budget: each scenario's agents beside every other strategy."""

from collections.abc import Mapping, Sequence

import jax
from rich.console import Console

from train.algorithm.config import Problem
from train.algorithm.environments import load_task
from train.cli.console import markdown_table
from train.evaluation.bounds import bound_in_words
from train.evaluation.comparison import Evaluation, evaluate, mixture_name
from train.evaluation.scores import Score
from train.evaluation.scores_table import table_rows
from train.studies.claims import SEED, Effort, claims_of


def evaluate_plain(
    environment: str, scenarios: Sequence[str], effort: Effort, key: jax.Array, out: Console
) -> dict[str, Evaluation]:
    """Train the agents of every scenario, and compare them with every other strategy; by scenario.

    The same `key` is given to every `evaluate`; `out` shows which scenarios are done.
    """
    evaluations = {}
    for scenario in scenarios:
        problem = Problem(env=environment, scenario=scenario)
        task = load_task(problem)
        agents = claims_of(environment).agents(problem, effort)
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
        out.print(f"{environment}, {scenario}: measured")
    return evaluations


def plain_sections(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """A section of the page for each scenario, in Markdown."""
    return [_section(scenario, evaluation) for scenario, evaluation in evaluations.items()]


def _section(scenario: str, evaluation: Evaluation) -> str:
    text = f"### `{scenario}`\n\n{markdown_table(table_rows(_summed_up(evaluation), bound=evaluation.bound))}\n"
    if evaluation.bound is not None:
        text += bound_in_words(evaluation.bound, evaluation.scores) + "\n"
    num_prompts = max(score.length for score in evaluation.scores.values())
    agents = [score for name, score in evaluation.scores.items() if name.startswith(SEED)]
    if any(score.length < 0.99 * num_prompts for score in agents):
        text += "Agents with fewer prompts ran out of budget; savings are per prompt routed.\n"
    return text + (_savings(evaluation) if evaluation.matched else "")


def _savings(evaluation: Evaluation) -> str:
    """What the agents save against mixtures of the same quality."""
    text = ""
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
    likes = [mixture_name(name) for name in evaluation.matched]
    return {name: score for name, score in evaluation.scores.items() if name not in likes[1:]}
