"""The scores of strategies as the rows of a table."""

from collections.abc import Callable, Mapping

from train.bounds.bound import Bound
from train.evaluation.bounds import bound_cells
from train.evaluation.scores import Score

Column = tuple[str, Callable[[Score], str]]


def in_usd(amount: float) -> str:
    """Write an amount in USD with three decimals, or with three digits where decimals would be little but zeros."""
    return f"{amount:.3f}" if amount == 0 or abs(amount) >= 0.1 else f"{amount:.3g}"


def _above_the_policy(score: Score) -> str:
    if score.difference is None:
        return ""
    difference = score.difference["reward"]
    return f"{difference.mean:+.1f} ({difference.low:+.1f} to {difference.high:+.1f})"


COLUMNS: tuple[Column, ...] = (
    ("reward", lambda s: f"{s.reward.mean:.1f}"),
    ("95 % interval", lambda s: f"{s.reward.low:.1f} to {s.reward.high:.1f}"),
    ("cost, USD", lambda s: in_usd(s.cost)),
    ("quality", lambda s: f"{s.quality:.3f}"),
    ("SLA violations", lambda s: f"{s.sla_violation_rate:.1%}"),
    ("prompts", lambda s: f"{s.length:.0f}"),
)
"""The columns of every table of strategies; the shares of the models may follow."""

MORE_COLUMNS_ALONE: tuple[Column, ...] = (
    ("USD per 1,000", lambda s: in_usd(s.cost_per_1k)),
    ("P50, s", lambda s: f"{s.latency_p50:.2f}"),
    ("P95, s", lambda s: f"{s.latency_p95:.2f}"),
    ("P99, s", lambda s: f"{s.latency_p99:.2f}"),
    ("quality met", lambda s: f"{s.quality_met_rate:.1%}"),
)
"""The columns that an evaluation shows in addition to `COLUMNS`, where there is no policy to compare with."""

MORE_COLUMNS: tuple[Column, ...] = (("reward above the policy's", _above_the_policy), *MORE_COLUMNS_ALONE)
"""The columns that an evaluation of a policy shows in addition to `COLUMNS`."""


def comparison_title(scenario: str, num_episodes: int) -> str:
    """Return the title of a table of strategies."""
    return f"{scenario}: {num_episodes} episodes, the same for each strategy"


def table_rows(
    scores: Mapping[str, Score],
    columns: tuple[Column, ...] = COLUMNS,
    with_shares: bool = True,
    bound: Bound | None = None,
) -> list[list[str]]:
    """Return a header and a row for each strategy, best reward first; the bound comes last, as it is no strategy.

    Shares are of the models that got any prompt. With a bound, the first two of `columns` must be the reward and its
    interval.
    """
    models = next(iter(scores.values())).model_share if with_shares else {}
    names = [name for name in models if any(score.model_share[name] > 0 for score in scores.values())]
    rows = [["strategy", *(title for title, _ in columns), *names]]
    for strategy, score in sorted(scores.items(), key=lambda item: -item[1].reward.mean):
        shares = [f"{score.model_share[name]:.0%}" for name in names]
        rows.append([strategy, *(cell(score) for _, cell in columns), *shares])
    if bound is not None:
        cells = bound_cells(bound, max(score.reward.mean for score in scores.values()))
        rows.append(cells + [""] * (len(rows[0]) - len(cells)))
    return rows
