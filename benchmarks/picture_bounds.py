"""Picture: the time of a step of each benchmark, with its floors as marks."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from train.pictures.style import BLUE, GREY, in_house_style, new_figure

MARKS = {"launches": "o", "arithmetic": "s", "memory": "^"}


@in_house_style
def draw_bounds(shares: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw one bar a benchmark; `shares` says, by its name, which share of its time each floor makes up."""
    highest = {name: max(floors.values()) for name, floors in shares.items()}
    nearest = max(highest, key=lambda name: highest[name])
    figure = new_figure(3.4, f"Nearest to a floor ({highest[nearest]:.0%}): {nearest}")
    axes = figure.subplots()
    axes.barh(list(shares), [1.0] * len(shares), color=GREY, alpha=0.25)
    for kind, mark in MARKS.items():
        marked = {name: floors[kind] for name, floors in shares.items() if kind in floors}
        axes.plot(list(marked.values()), list(marked), linestyle="", marker=mark, color=BLUE, label=kind)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.0, *highest.values()))
    axes.set_xlabel("share of the step's time")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)  # beside the bars: marks may be anywhere
    return figure
