"""Picture: the time of a step of each benchmark, with its floors as marks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from train.pictures.style import BLUE, GREY, in_house_style, new_figure

if TYPE_CHECKING:
    from benchmarks.bounds import Bounded

MARKS = {"launches": "o", "arithmetic": "s", "memory": "^"}


@in_house_style
def draw_bounds(found: "Sequence[Bounded]") -> Figure:
    """Draw one bar a benchmark, of the share of its time that each floor makes up."""
    names = [one.name for one in found]
    most = max(found, key=lambda one: one.explained)
    figure = new_figure(3.4, f"Nearest to what bounds it: {most.name}, {most.explained:.0%} {most.bound}")
    axes = figure.subplots()
    axes.barh(names, [1.0] * len(found), color=GREY, alpha=0.25)
    for kind, mark in MARKS.items():
        shares = [(one.floors[kind] / one.step, one.name) for one in found if kind in one.floors]
        axes.plot(*zip(*shares, strict=True), linestyle="", marker=mark, color=BLUE, label=kind)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("share of the step's time")
    axes.legend(loc="lower right", frameon=False)
    return figure
