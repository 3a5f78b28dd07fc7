"""A replay as a table, in words, and as the text of a file."""

import csv
import io
import json
import math
from typing import Any

from train.cli.console import markdown_table
from train.evaluation.replay import AS_ROUTED, THE_LOG, Replayed, ReplayEvaluation
from train.evaluation.scores_table import in_usd

HOUR, DAY = 3600.0, 86_400.0
LESS = "less the choices of the log, on the same requests with the same luck"
"""The title of the table of differences."""
SAME = 0.01
"""Qualities that differ by less are called the same."""


def title_of(evaluation: ReplayEvaluation) -> str:
    """Return the title of the table."""
    part = "to which nothing was fitted" if evaluation.is_held_out else "to which the simulator was fitted, too"
    return f"{evaluation.requests:,} requests of the log in {_duration(evaluation.seconds)}, {part}"


def rows_of(evaluation: ReplayEvaluation) -> list[list[str]]:
    """Return a header and a row for each strategy: the log, the log as simulated, then the best reward first."""
    header = ["reward per 1,000", "cost, USD", "quality", "over the SLA", "latency, s", "P95, s", "ttft, s"]
    cells = {name: _cells(evaluation.rows[name]) for name in _ordered(evaluation)}
    return [["strategy", *header], *([name, *row] for name, row in cells.items())]


def differences_of(evaluation: ReplayEvaluation) -> list[list[str]]:
    """Return a header and a row for each strategy: what it does less the log's choices, and whom it chooses."""
    header = ["strategy", "saved, USD", "quality", "over the SLA", *evaluation.rows[AS_ROUTED].model_share]
    return [header, *([name, *_compared(evaluation.rows[name])] for name in _ordered(evaluation)[1:])]


def in_words(evaluation: ReplayEvaluation, policy: str | None) -> str:
    """Return what the policy, or else the strategy with the best reward, would have saved, with a warning if needed."""
    rows = evaluation.rows
    others = [name for name in rows if name not in (THE_LOG, AS_ROUTED)]
    name = policy or max(others, key=lambda one: rows[one].reward)
    chosen, routed = rows[name], rows[AS_ROUTED]
    who = "the policy" if policy else name
    difference = chosen.quality - routed.quality
    kind = "the same" if abs(difference) < SAME else "a higher" if difference > 0 else "a lower"
    sentence = (
        f"On the last {_duration(evaluation.seconds)} of this log {who} spends {in_usd(chosen.cost)} USD where the "
        f"router of the log spent {in_usd(routed.cost)}, at {kind} quality ({chosen.quality:.2f} against "
        f"{routed.quality:.2f}) with {chosen.sla_violation_rate:.1%} instead of {routed.sla_violation_rate:.1%} over "
        "the SLA."
    )
    if chosen.difference is not None:
        less = chosen.difference["cost"]
        ends = sorted(abs(end) for end in (less.low, less.high))
        if less.low * less.high > 0:
            kept = "costs {} USD more" if less.mean > 0 else "saves {} USD"
            sentence += f" That {kept.format(f'{abs(less.mean):.3g}')} ({ends[0]:.3g} to {ends[1]:.3g}, 95 % interval)."
        else:
            sentence += " The difference in cost is within chance."
    return "\n".join([*([evaluation.warning] if evaluation.warning else []), sentence])


def replay_text(suffix: str, evaluation: ReplayEvaluation, policy: str | None) -> str:
    """Return the text of a file whose name ends in `suffix`: .json, .csv, or anything else for Markdown."""
    if suffix == ".json":
        results = {
            "requests": evaluation.requests,
            "seconds": evaluation.seconds,
            "is_held_out": evaluation.is_held_out,
            "warning": evaluation.warning,
            "strategies": {name: _as_dict(row) for name, row in evaluation.rows.items()},
        }
        return json.dumps(results, indent=2) + "\n"
    if suffix == ".csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows_of(evaluation))
        return text.getvalue()
    tables = f"{markdown_table(rows_of(evaluation))}\n{LESS}\n\n{markdown_table(differences_of(evaluation))}"
    return f"{title_of(evaluation)}\n\n{tables}\n{in_words(evaluation, policy)}\n"


def _ordered(evaluation: ReplayEvaluation) -> list[str]:
    first = [THE_LOG, AS_ROUTED]
    return [*first, *sorted((n for n in evaluation.rows if n not in first), key=lambda n: -evaluation.rows[n].reward)]


def _cells(row: Replayed) -> list[str]:
    return [
        _shown(1000 * row.reward, "{:.1f}"),
        "" if math.isnan(row.cost) else in_usd(row.cost),
        _shown(row.quality, "{:.3f}"),
        _shown(row.sla_violation_rate, "{:.1%}"),
        _shown(row.latency, "{:.2f}"),
        _shown(row.latency_p95, "{:.2f}"),
        _shown(row.ttft, "{:.2f}"),
    ]


def _compared(row: Replayed) -> list[str]:
    shares = [f"{share:.0%}" for share in row.model_share.values()]
    if row.difference is None:
        return ["", "", "", *shares]
    cost, quality, late = (row.difference[name] for name in ("cost", "quality", "sla_violation_rate"))
    return [
        f"{-cost.mean:.4g} ({-cost.high:.4g} to {-cost.low:.4g})",
        f"{quality.mean:+.3f} ({quality.low:+.3f} to {quality.high:+.3f})",
        f"{late.mean:+.1%} ({late.low:+.1%} to {late.high:+.1%})",
        *shares,
    ]


def _shown(value: float, form: str) -> str:
    return "" if math.isnan(value) else form.format(value)


def _as_dict(row: Replayed) -> dict[str, Any]:
    numbers = {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in vars(row).items()}
    numbers["difference"] = None if row.difference is None else {n: e.as_dict() for n, e in row.difference.items()}
    return numbers


def _duration(seconds: float) -> str:
    if seconds >= 2 * DAY:
        return f"{seconds / DAY:.1f} days"
    return f"{seconds / HOUR:.1f} hours" if seconds >= 2 * HOUR else f"{seconds / 60:.0f} minutes"
