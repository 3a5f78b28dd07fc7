"""The command `python -m train.evaluate`."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tyro

from jax_router.internal.checks import check_whole_number
from router_serving.policy_file import load_policy
from train.cli.compilation import keep_compiled_programs
from train.cli.errors import check_new_file, one_line_errors

if TYPE_CHECKING:
    from train.evaluation.comparison import Evaluation, Matched

FORMATS = (".json", ".csv", ".md")


@dataclass(frozen=True)
class Arguments:
    """Compare a trained policy with every other strategy, on the same episodes.

    Without --model-path, the strategies are compared with each other.
    """

    model_path: Path | None = None
    """A run directory or a policy file of train.ppo."""
    scenario: str | None = None
    """default, reference, rush_hour, tight_budget or overnight_batch; default: the policy's own, else default."""
    fleet: Path | None = None
    """A TOML file with one [[models]] table a model; default: the five presets."""
    trace: Path | None = None
    """A CSV request trace (TIMESTAMP, ContextTokens, optionally complexity) that replaces the synthetic traffic."""
    episode_length: int | None = None
    """Prompts an episode; default: what the scenario says."""
    budget: float | None = None
    """USD an episode; default: what the scenario says."""
    episodes: int = 256
    """Episodes that every strategy runs through."""
    tuning_episodes: int = 32
    """Other episodes, on which the tuned strategies are tuned; 0 leaves those strategies out."""
    seed: int = 0
    """Of the episodes."""
    output: Path | None = None
    """A file to write the results to: .json, .csv or .md. Must not exist yet."""


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input."""
    arguments = tyro.cli(Arguments, args=args, prog="python -m train.evaluate")
    with one_line_errors():
        _check(arguments)
        _run(arguments)


def _check(arguments: Arguments) -> None:
    check_whole_number("--episodes", arguments.episodes, at_least=1)
    check_whole_number("--tuning-episodes", arguments.tuning_episodes, at_least=0)
    check_whole_number("--seed", arguments.seed, at_least=0)
    if arguments.output is not None:
        if arguments.output.suffix not in FORMATS:
            raise ValueError(f"--output is {arguments.output}; its ending must be one of {', '.join(FORMATS)}")
        check_new_file("--output", arguments.output)


def _run(arguments: Arguments) -> None:
    keep_compiled_programs()
    policy = None if arguments.model_path is None else load_policy(arguments.model_path)

    # Late, like all of JAX: `--help` or a typo should not take seconds.
    import jax

    from train.agents.strategies import all_strategies, check_fleet
    from train.algorithm.problem import load_problem
    from train.evaluation.comparison import evaluate
    from train.evaluation.scores_table import COLUMNS, MORE_COLUMNS, console, markdown_table, strategy_table, table_rows

    scenario = arguments.scenario or (policy.scenario if policy else "default")
    problem = load_problem(scenario, arguments.fleet, arguments.trace, arguments.episode_length, arguments.budget)
    if policy is not None:
        check_fleet(policy, problem.model_names, problem.params)
    ours = {} if policy is None else all_strategies("ppo", policy, problem.params)
    # A priced policy is judged by what it does with the budget, its first strategy.
    policies = dict(list(ours.items())[:1])
    evaluation = evaluate(
        jax.random.key(arguments.seed),
        problem.params,
        problem.model_names,
        policies,
        arguments.episodes,
        arguments.tuning_episodes,
        beside=ours,
    )
    title = f"{scenario}: {arguments.episodes} episodes, the same for each strategy"
    out = console()
    out.print(strategy_table(title, table_rows(evaluation.scores)))
    details = MORE_COLUMNS if policy is not None else MORE_COLUMNS[1:]
    out.print(strategy_table("in detail", table_rows(evaluation.scores, details, with_shares=False)))
    conclusion = "" if policy is None else matched_in_words(next(iter(policies)), evaluation, problem.model_names)
    out.print(conclusion, soft_wrap=True, highlight=False)
    if arguments.output is None:
        return
    if arguments.output.suffix == ".json":
        text = json.dumps(_without_infinities(as_json(evaluation, scenario, arguments.episodes)), indent=2) + "\n"
    elif arguments.output.suffix == ".csv":
        text = as_csv(evaluation)
    else:
        text = f"{title}\n\n{markdown_table(table_rows(evaluation.scores, COLUMNS + details))}\n{conclusion}\n"
    with arguments.output.open("x") as file:
        file.write(text)


def matched_in_words(name: str, evaluation: "Evaluation", model_names: Sequence[str]) -> str:
    """What the policy of this name saves, in sentences."""
    from train.evaluation.comparison import mixture_name

    matched, policy = evaluation.matched[name], evaluation.scores[name]
    if matched.saving is None or matched.mixture is None:
        return f"No mixture of the models has the policy's quality of {policy.quality:.3f}, whatever it costs."
    blind = evaluation.scores[mixture_name(name)]
    saving = matched.saving
    sentences = [
        f"The cheapest mixture of the models with the policy's quality ({policy.quality:.3f}) is "
        f"{_shares(matched.mixture.shares, model_names)}: {1000 * matched.mixture.cost:.3f} USD per 1,000 prompts "
        f"with {blind.sla_violation_rate:.1%} SLA violations.",
        f"The policy pays {policy.cost_per_1k:.3f} USD with {policy.sla_violation_rate:.1%}: it saves "
        f"{saving.mean:.1%} (95 % interval {saving.low:.1%} to {saving.high:.1%}).",
    ]
    if matched.within_sla is not None:
        sentences.append(
            f"The cheapest mixture found with that quality and no more SLA violations is "
            f"{_shares(matched.within_sla.shares, model_names)}: {1000 * matched.within_sla.cost:.3f} USD."
        )
    elif matched.num_tried:
        sentences.append(
            f"None of the {matched.num_tried:,} mixtures tried has both that quality and no more SLA violations."
        )
    return "\n".join(sentences)


def as_json(evaluation: "Evaluation", scenario: str, episodes: int) -> dict[str, Any]:
    """The results as README describes them."""
    return {
        "scenario": scenario,
        "episodes": episodes,
        "strategies": {name: score.as_dict() for name, score in evaluation.scores.items()},
        "cost_saving_at_matched_quality": _matched_as_json(next(iter(evaluation.matched.values()), None)),
    }


def as_csv(evaluation: "Evaluation") -> str:
    """One row a strategy, one column a number."""
    rows = [{"strategy": name} | _flat(score.as_dict()) for name, score in evaluation.scores.items()]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _matched_as_json(matched: "Matched | None") -> dict[str, Any] | None:
    if matched is None or matched.saving is None or matched.mixture is None:
        return None
    return matched.saving.as_dict() | {
        "mixture": [float(share) for share in matched.mixture.shares],
        "mixture_cost_per_1k": 1000 * matched.mixture.cost,
        "mixture_within_sla": None
        if matched.within_sla is None
        else [float(share) for share in matched.within_sla.shares],
    }


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested numbers as columns: `reward.mean`, `reward.ci95.low`, `model_share.NAME`."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flat |= {f"{prefix}{name}.low": value[0], f"{prefix}{name}.high": value[1]}
        elif value is not None:
            flat[f"{prefix}{name}"] = value
    return flat


def _without_infinities(value: Any) -> Any:
    """The same with None for what JSON has no word for."""
    if isinstance(value, dict):
        return {name: _without_infinities(x) for name, x in value.items()}
    if isinstance(value, list):
        return [_without_infinities(x) for x in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shares(shares: np.ndarray, model_names: Sequence[str]) -> str:
    return " + ".join(f"{share:.0%} {name}" for share, name in zip(shares, model_names, strict=True) if share > 5e-3)


if __name__ == "__main__":
    main()
