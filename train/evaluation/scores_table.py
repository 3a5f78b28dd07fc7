"""The one place that prints a table of strategies."""

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from train.evaluation.scores import Score

Column = tuple[str, Callable[[Score], str]]


def _versus(score: Score) -> str:
    if score.difference is None:
        return ""
    difference = score.difference["reward"]
    return f"{difference.mean:+.1f} ({difference.low:+.1f} to {difference.high:+.1f})"


COLUMNS: tuple[Column, ...] = (
    ("reward", lambda s: f"{s.reward.mean:.1f}"),
    ("95 % interval", lambda s: f"{s.reward.low:.1f} to {s.reward.high:.1f}"),
    ("cost, USD", lambda s: f"{s.cost:.3f}"),
    ("quality", lambda s: f"{s.quality:.3f}"),
    ("SLA violations", lambda s: f"{s.sla_violation_rate:.1%}"),
    ("prompts", lambda s: f"{s.length:.0f}"),
)
"""What every table of strategies shows; the shares of the models may follow."""

MORE_COLUMNS: tuple[Column, ...] = (
    ("less the policy's", _versus),
    ("USD per 1,000", lambda s: f"{s.cost_per_1k:.3f}"),
    ("P50, s", lambda s: f"{s.latency_p50:.2f}"),
    ("P95, s", lambda s: f"{s.latency_p95:.2f}"),
    ("P99, s", lambda s: f"{s.latency_p99:.2f}"),
    ("quality met", lambda s: f"{s.quality_met_rate:.1%}"),
)
"""What an evaluation shows beyond that."""


def table_rows(
    scores: Mapping[str, Score], columns: tuple[Column, ...] = COLUMNS, with_shares: bool = True
) -> list[list[str]]:
    """A header and a row for each strategy, best reward first."""
    names = next(iter(scores.values())).model_share if with_shares else []
    rows = [["strategy", *(title for title, _ in columns), *names]]
    for strategy, score in sorted(scores.items(), key=lambda item: -item[1].reward.mean):
        shares = [f"{score.model_share[name]:.0%}" for name in names]
        rows.append([strategy, *(cell(score) for _, cell in columns), *shares])
    return rows


def strategy_table(title: str, rows: list[list[str]]) -> Table:
    """Rows for the terminal, the first of them the header."""
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(rows[0]):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in rows[1:]:
        table.add_row(*row)
    return table


def markdown_table(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first of them the header."""
    header, *body = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|---" + "|---:" * (len(rows[0]) - 1) + "|"
    return "\n".join([header, rule, *body]) + "\n"


def console() -> Console:
    """A console that does not cut tables off where the output is a file or a narrow pipe."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=200)
