"""Picture: cost against quality, for agents, for single models, and for what mixing either of them achieves."""

from collections.abc import Iterable
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from train.cli.console import short_number
from train.evaluation.scores import Score
from train.pictures.style import BLACK, GREY, VERMILLION, in_house_style, label_point, new_figure
from train.studies.cost_weights import Frontier
from train.studies.hull import Hull

COLOUR_MAP = "cividis"
"""The colour map for SLA violations; its lightness rises evenly, which every colour vision can see."""
TICKS = (0, 0.02, 0.1, 0.25, 0.5, 1)
"""The shares of the prompts that the colour bar names; small shares get most of its length."""
MODEL, AGENT = "s", "o"


@in_house_style
def draw_frontier(frontier: Frontier, scenario: str) -> Figure:
    """Draw the whole fleet on the left, over a logarithmic scale of costs, and only the agents' costs on the right."""
    figure = new_figure(4.8, _title(frontier))
    everything, close = figure.subplots(1, 2, width_ratios=(1, 1.4))
    colours = ScalarMappable(PowerNorm(0.5, 0, 1), COLOUR_MAP)
    for axes in (everything, close):
        _draw(axes, frontier, colours)
    everything.margins(y=0.1)
    everything.set_title(f"{scenario}: the whole fleet")
    everything.set_xlabel("USD per 1,000 prompts")
    if frontier.models_hull.costs[0] > 0:  # a logarithmic scale has no place for a model that is free
        everything.set_xscale("log")
        everything.xaxis.set_major_formatter("{x:g}")
        everything.set_xlabel("USD per 1,000 prompts (logarithmic)")
    everything.set_ylabel("mean quality, 0 to 1")

    _zoom(close, frontier)
    frame = everything.indicate_inset_zoom(close, edgecolor=GREY, linewidth=1, alpha=1)
    for line in frame.connectors:
        line.set_visible(False)
    close.set_title("the frame, larger: agents by cost weight")
    close.set_xlabel("USD per 1,000 prompts")
    close.legend(handles=_legend(frontier), loc="lower right", fontsize=10)
    for axes in (everything, close):
        _name_models(axes, frontier)
    _name_weights(close, frontier)
    bar = figure.colorbar(colours, ax=close, format="{x:.0%}", ticks=TICKS, pad=0.02)
    bar.set_label("prompts over the SLA")
    return figure


def _draw(axes: Axes, frontier: Frontier, colours: ScalarMappable) -> None:
    axes.grid(True)
    if frontier.quality_bound is not None:
        costs, _ = _finely(frontier.models_hull)
        axes.plot(costs, frontier.quality_bound.at(costs / 1000), color=VERMILLION, linestyle=":")
    axes.plot(*_finely(frontier.models_hull), color=GREY, linestyle="--")
    axes.plot(*_finely(frontier.agents_hull), color=BLACK)
    _scatter(axes, frontier.models.values(), colours, marker=MODEL, s=120)
    _scatter(axes, frontier.agents.values(), colours, marker=AGENT, s=55)


def _scatter(axes: Axes, scores: Iterable[Score], colours: ScalarMappable, marker: str, s: float) -> None:
    points = np.array([(score.cost_per_1k, score.quality, score.sla_violation_rate) for score in scores])
    x, y, late = points.T
    axes.scatter(x, y, color=colours.to_rgba(late), marker=marker, s=s, edgecolors=BLACK, linewidths=0.8, zorder=3)


def _legend(frontier: Frontier) -> list[Line2D]:
    agents, models = ("", "") if frontier.aiq is None else (f", AIQ {aiq:.3f}" for aiq in frontier.aiq)
    point = partial(Line2D, [], [], linestyle="", color=BLACK, markerfacecolor="none")
    limit = Line2D([], [], color=VERMILLION, linestyle=":", label="no policy has more quality at that cost")
    return [
        *([] if frontier.quality_bound is None else [limit]),
        point(marker=AGENT, markersize=7, label="agents"),
        Line2D([], [], color=BLACK, label=f"their hull{agents}"),
        point(marker=MODEL, markersize=9, label="single models"),
        Line2D([], [], color=GREY, linestyle="--", label=f"mixtures of them{models}"),
    ]


def _finely(hull: Hull) -> tuple[np.ndarray, np.ndarray]:
    """Return points along the hull, not only its corners: straight lines are curves on a logarithmic axis."""
    costs = np.unique(np.concatenate([hull.costs, np.linspace(hull.costs[0], hull.costs[-1], 2000)]))
    return costs, hull.quality_at(costs)


def _zoom(axes: Axes, frontier: Frontier) -> None:
    costs = np.array([score.cost_per_1k for score in frontier.agents.values()])
    qualities = np.array([score.quality for score in frontier.agents.values()])
    blind = frontier.models_hull.quality_at(np.array([costs.min(), costs.max()]))
    left, right = _around(costs, below=0.25)  # room for a label left of the cheapest
    axes.set_xlim(max(left, 0.5 * costs.min()), right)
    shown = [qualities, blind]
    if frontier.quality_bound is not None:
        shown.append(frontier.quality_bound.at(costs / 1000))
    axes.set_ylim(*_around(np.concatenate(shown), below=0.18))


def _around(values: np.ndarray, below: float) -> tuple[float, float]:
    """Return limits that leave a share of the range below the values, and room for a marker above them."""
    extent = float(np.ptp(values)) or 0.1 * float(np.abs(values).max()) or 0.1
    return float(values.min()) - below * extent, float(values.max()) + 0.12 * extent


def _name_models(axes: Axes, frontier: Frontier) -> None:
    for name, score in frontier.models.items():
        point = axes.transData.transform((score.cost_per_1k, score.quality))
        across, up = axes.transAxes.inverted().transform(point)
        if 0 < across < 1 and 0 < up < 1:
            label_point(axes, name, score.cost_per_1k, score.quality, right=across < 0.5)


def _name_weights(axes: Axes, frontier: Frontier) -> None:
    """Write the cost weight beside the first and the last agent, and beside others that have room for it."""
    agents = list(frontier.agents.items())
    room = 0.13 * np.ptp([score.cost_per_1k for _, score in agents])
    named: list[float] = []
    for weight, score in [agents[-1], agents[0], *agents[1:-1]]:
        if all(abs(score.cost_per_1k - cost) > room for cost in named):
            named.append(score.cost_per_1k)
            label_point(axes, short_number(weight), score.cost_per_1k, score.quality)


def _title(frontier: Frontier) -> str:
    if frontier.aiq is None or frontier.aiq[0] <= frontier.aiq[1]:
        return "Cost and quality of trained agents and of single models"
    return "For the same money, agents answer better than mixtures of models"
