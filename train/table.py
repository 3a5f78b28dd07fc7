"""The one place that prints a table of strategies."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from jax_router import Episodes

COLUMNS = ("reward", "cost, USD", "quality", "SLA violations", "prompts")


def strategy_table(title: str, results: Mapping[str, Episodes], model_names: Sequence[str]) -> Table:
    """Strategies side by side, best reward first: means over their episodes, with standard errors of the reward."""
    table = Table(title=title, title_justify="left", caption="in brackets: standard error")
    table.add_column("strategy", no_wrap=True)
    for column in (*COLUMNS, *model_names):
        table.add_column(column, justify="right")
    for name, episodes in sorted(results.items(), key=lambda item: -np.mean(item[1].reward)):
        table.add_row(name, *_cells(episodes))
    return table


def _cells(episodes: Episodes) -> list[str]:
    reward = np.asarray(episodes.reward)
    error = reward.std(ddof=1) / np.sqrt(len(reward)) if len(reward) > 1 else float("nan")
    return [
        f"{reward.mean():.1f} ({error:.1f})",
        f"{np.mean(episodes.cost):.3f}",
        f"{np.mean(episodes.quality):.3f}",
        f"{np.mean(episodes.sla_violation_rate):.1%}",
        f"{np.mean(episodes.length):.0f}",
        *(f"{share:.0%}" for share in np.mean(episodes.model_share, axis=0)),
    ]


def console() -> Console:
    """A console that does not cut tables off where the output is a file or a narrow pipe."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=160)
