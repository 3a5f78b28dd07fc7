"""A report as text."""

import textwrap
from collections.abc import Mapping

from router_serving.report.summary import Summary
from router_serving.text_table import text_table


def as_text(summary: Summary, width: int | None = None) -> str:
    """The report of one group, sentences and tables, in lines of at most `width` characters, or of any length."""
    said = sentences(summary)
    if width is not None:
        said = [textwrap.fill(sentence, width) for sentence in said]
    tables = [text_table(rows, width) for rows in (model_rows(summary), alternative_rows(summary))]
    return "\n".join([*said, "", tables[0], "", tables[1]])


def sentences(summary: Summary) -> list[str]:
    """What is said of one group."""
    one = summary
    about = [
        f"{one.group}: {one.calls} calls in {_time(one.seconds)}, {one.answered} answered, {one.cost:.4f} USD, "
        f"mean quality expected {_number(one.quality, 3)}, {one.late:.1%} of the answers late.",
        f"The policy was followed in {one.followed:.0%} of the calls; LiteLLM called its choice in {one.agreed:.0%} of "
        f"those that it decided. A decision took {one.decision_p50 * 1e3:.2f} ms, 99 % at most "
        f"{one.decision_p99 * 1e3:.2f} ms.",
        "How calls ended: " + _counts(one.statuses) + ".",
    ]
    if one.abstained:
        about.append("Why the policy abstained: " + _counts(one.abstained) + ".")
    return about


def model_rows(summary: Summary) -> list[list[str]]:
    """A row for each model, and a head."""
    head = ["model", "calls", "share", "failed", "USD", "mean s", "p95 s", "TTFT s"]
    return [head] + [
        [
            m.name,
            str(m.calls),
            f"{m.share:.0%}",
            "-" if m.failed != m.failed else f"{m.failed:.0%}",
            f"{m.cost:.4f}",
            *(_number(x, 2) for x in (m.latency, m.p95, m.ttft)),
        ]
        for m in summary.models
    ]


def alternative_rows(summary: Summary) -> list[list[str]]:
    """A row for each way of routing the same requests, and a head; the cheapest first."""
    head = ["the same requests", "USD expected", "quality expected"]
    ways = sorted(summary.alternatives.items(), key=lambda item: item[1][0])
    return [head] + [[way, f"{cost:.4f}", _number(quality, 3)] for way, (cost, quality) in ways]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _number(value: float, digits: int) -> str:
    return "-" if value != value else f"{value:.{digits}f}"


def _time(seconds: float) -> str:
    for unit, size in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
