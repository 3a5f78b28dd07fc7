"""The row "no policy earns more than": the bound over the starts of a table's own episodes, which is never ranked."""

import math
from collections.abc import Mapping
from typing import Any

import jax
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from jax_router.simulator import AnyParams
from train.bounds.bound import Bound
from train.bounds.known import bounds_of
from train.bounds.starts import starts_of_episodes
from train.evaluation.scores import Score

ROW = "no policy earns more than"
"""The name of the row."""


def bound_of_episodes(
    key: jax.Array, params: AnyParams, num_episodes: int, seconds: float, out: Console | None = None
) -> Bound | None:
    """Return the bound on the mean reward of the episodes that `compare` runs with a key.

    Args:
        key: the key of the episodes.
        params: the routing problem.
        num_episodes: how many there are.
        seconds: for how long to look, about; with 0, there is none.
        out: the console that shows the progress, where it is a terminal; None shows nothing.

    Returns:
        The bound; None where the environment has none, or there is no time.
    """
    bounds = bounds_of(params)
    if bounds is None or seconds == 0:
        return None
    starts = starts_of_episodes(key, num_episodes, params)
    if out is None or not out.is_terminal:  # in a file, a bar would leave an empty line
        return bounds.upper_bound(params, starts, seconds)
    columns = TextColumn("looking for the upper bound"), BarColumn(), TextColumn("{task.fields[found]}")
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", total=None, found="")

        def tell(count: int, value: float) -> None:
            bar.update(task, found=f"{count} prices tried, about {value:.1f}")

        return bounds.upper_bound(params, starts, seconds, tell)


def rounded_up(value: float) -> str:
    """Write a bound with one decimal, never below itself."""
    return f"{math.ceil(value * 10) / 10:.1f}"


def bound_cells(bound: Bound, best: float) -> list[str]:
    """Return the first cells of the row: its name, the bound, and how much more that is than the best reward."""
    return [ROW, rounded_up(bound.value), f"{bound.gap(best):.1%} above the best"]


def bound_in_words(bound: Bound, scores: Mapping[str, Score]) -> str:
    """Say what kind of number the bound is, and how close the best strategy comes."""
    name, best = max(scores.items(), key=lambda item: item[1].reward.mean)
    gap = bound.gap(best.reward.mean)
    error = f"up to a numerical error of about {max(bound.numerical_error, 1e-4):.1g}"
    kind = f"proved {error}, with 99.9 % confidence in what was sampled" if bound.is_sampled else f"proved {error}"
    return (
        f"No policy earns more than {rounded_up(bound.value)} on average over episodes that start when these do "
        f"({kind}). The best of these, {name}, is within {max(gap, 0.0):.1%} of that; with luck, a strategy may do "
        "better on a few episodes."
    )


def bound_as_json(bound: Bound | None) -> dict[str, Any] | None:
    """Return the bound as JSON values."""
    if bound is None:
        return None
    fields = ("value", "numerical_error", "is_sampled", "last_move", "seconds")
    return {name: getattr(bound, name) for name in fields}
