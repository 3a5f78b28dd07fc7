"""The results of an evaluation, in sentences and as the text of a file: JSON, CSV or Markdown."""

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from train.cli.console import markdown_table, short_number
from train.evaluation.bounds import bound_as_json, bound_in_words
from train.evaluation.comparison import Evaluation, Matched, mixture_name
from train.evaluation.scores_table import (
    COLUMNS,
    MORE_COLUMNS,
    MORE_COLUMNS_ALONE,
    Column,
    comparison_title,
    in_usd,
    table_rows,
)


def results_text(suffix: str, evaluation: Evaluation, scenario: str, num_episodes: int) -> str:
    """Return the text of a file whose name ends in `suffix`: .json, .csv, or anything else for Markdown."""
    if suffix == ".json":
        return as_json(evaluation, scenario, num_episodes)
    if suffix == ".csv":
        return as_csv(evaluation)
    return as_markdown(evaluation, scenario, num_episodes)


def as_json(evaluation: Evaluation, scenario: str, num_episodes: int) -> str:
    """Return all scores, and the first policy's saving at matched quality; numbers that are not finite become null."""
    results = {
        "scenario": scenario,
        "episodes": num_episodes,
        "strategies": {name: score.as_dict() for name, score in evaluation.scores.items()},
        "upper_bound": bound_as_json(evaluation.bound),
        "cost_saving_at_matched_quality": _matched_as_json(next(iter(evaluation.matched.values()), None)),
    }
    return json.dumps(_without_infinities(results), indent=2) + "\n"


def as_csv(evaluation: Evaluation) -> str:
    """Return one row for each strategy, with one column for each number; the upper bound is the same in all rows."""
    bound = {} if evaluation.bound is None else {"upper_bound": evaluation.bound.value}
    rows = [{"strategy": name} | _flat(score.as_dict()) | bound for name, score in evaluation.scores.items()]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_markdown(evaluation: Evaluation, scenario: str, num_episodes: int) -> str:
    """Return a title, a table with every column, and what the policy saves."""
    table = markdown_table(table_rows(evaluation.scores, COLUMNS + detail_columns(evaluation), bound=evaluation.bound))
    return f"{comparison_title(scenario, num_episodes)}\n\n{table}\n{in_words(evaluation)}\n"


def detail_columns(evaluation: Evaluation) -> tuple[Column, ...]:
    """Return the columns beyond the usual ones; without a policy, the column of differences is left out."""
    has_policy = any(score.difference is not None for score in evaluation.scores.values())
    return MORE_COLUMNS if has_policy else MORE_COLUMNS_ALONE


def in_words(evaluation: Evaluation) -> str:
    """Return sentences on what the first policy saves, and on the bound; empty text if there is neither."""
    bound = "" if evaluation.bound is None else bound_in_words(evaluation.bound, evaluation.scores)
    return "\n".join(filter(None, [matched_in_words(evaluation), bound]))


def matched_in_words(evaluation: Evaluation) -> str:
    """Return sentences on what the first policy saves at matched quality; empty text without any."""
    if not evaluation.matched:
        return ""
    name, matched = next(iter(evaluation.matched.items()))
    policy = evaluation.scores[name]
    if matched.mixture is None:
        return f"No mixture of the models has the policy's quality of {policy.quality:.3f}, whatever it costs."
    blind, model_names = evaluation.scores[mixture_name(name)], tuple(policy.model_share)
    sentences = [
        f"The cheapest mixture of the models with the policy's quality ({policy.quality:.3f}) is "
        f"{_shares(matched.mixture.shares, model_names)}: {in_usd(1000 * matched.mixture.cost)} USD per 1,000 prompts "
        f"with {blind.sla_violation_rate:.1%} SLA violations.",
        f"The policy pays {in_usd(policy.cost_per_1k)} USD with {policy.sla_violation_rate:.1%}: "
        f"{saving_in_words(matched)}.",
    ]
    if matched.within_sla is not None:
        sentences.append(
            f"The cheapest mixture found with that quality and no more SLA violations is "
            f"{_shares(matched.within_sla.shares, model_names)}: {in_usd(1000 * matched.within_sla.cost)} USD."
        )
    elif matched.num_tried:
        sentences.append(
            f"None of the {matched.num_tried:,} mixtures tried has both that quality and no more SLA violations."
        )
    return "\n".join(sentences)


def saving_in_words(matched: Matched) -> str:
    """Say what a policy saves against the mixture with its quality, which must exist, with the interval."""
    saving = matched.saving
    if saving is None:
        return "there is nothing to save, since that mixture costs nothing"
    if saving.mean < -1:
        times, low, high = (short_number(1 - part) for part in (saving.mean, saving.high, saving.low))
        return f"it pays {times} times as much (95 % interval {low} to {high})"
    return f"it saves {saving.mean:.1%} (95 % interval {saving.low:.1%} to {saving.high:.1%})"


def _matched_as_json(matched: Matched | None) -> dict[str, Any] | None:
    """Return the saving and the mixture as JSON; None without a mixture, a null saving if the mixture is free."""
    if matched is None or matched.mixture is None:
        return None
    within_sla, saving = matched.within_sla, matched.saving
    return ({"mean": None, "ci95": None} if saving is None else saving.as_dict()) | {
        "mixture": matched.mixture.shares.tolist(),
        "mixture_cost_per_1k": 1000 * matched.mixture.cost,
        "mixture_within_sla": None if within_sla is None else within_sla.shares.tolist(),
    }


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested numbers into columns such as `reward.mean`, `reward.ci95.low` and `model_share.NAME`."""
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
    """Replace numbers that JSON cannot write, such as infinities, with None."""
    if isinstance(value, dict):
        return {name: _without_infinities(x) for name, x in value.items()}
    if isinstance(value, list):
        return [_without_infinities(x) for x in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shares(shares: np.ndarray, model_names: Sequence[str]) -> str:
    return " + ".join(f"{share:.0%} {name}" for share, name in zip(shares, model_names, strict=True) if share > 5e-3)
