"""Picture: steps per second against the number of environments, of models, and of seeds."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FixedLocator, LogLocator, NullLocator

from train.pictures.style import BLUE, GREY, in_house_style, new_figure


@in_house_style
def draw_scaling(
    environments: Mapping[int, float], models: Mapping[int, float], seeds: Mapping[int, float], model_envs: int
) -> Figure:
    """Draw three panels whose axes are all logarithmic.

    Args:
        environments: steps/s of our rollout by number of environments.
        models: steps/s of our rollout by number of models.
        seeds: steps/s of training, over all agents, by number of agents.
        model_envs: the number of environments in the middle panel.
    """
    fastest = max(environments, key=lambda count: environments[count])
    title = (
        f"The simulator is fastest with {fastest:,} environments: {environments[fastest] / 1e6:,.1f} million steps/s"
    )
    figure = new_figure(3.6, title)
    left, middle, right = figure.subplots(1, 3)
    _draw(left, environments, "environments", "five models")
    _draw(middle, models, "models", f"{model_envs:,} environments")
    _draw(right, seeds, "agents side by side", "training: all agents")
    left.set_ylabel("steps/s")
    return figure


def _draw(axes: Axes, rates: Mapping[int, float], what: str, title: str) -> None:
    """Draw joined points; a dashed line from the first point on shows twice the rate for twice the size."""
    sizes, values = list(rates), list(rates.values())
    axes.set_title(title)
    axes.loglog(sizes, values, color=BLUE, marker="o", markersize=4)
    if values[-1] > values[0]:
        top = 1.5 * max(values)
        linear = [values[0] * size / sizes[0] for size in sizes]
        axes.loglog(sizes, linear, color=GREY, linestyle=(0, (5, 3)), linewidth=1.1)
        axes.set_ylim(min(values) / 1.5, top)
    else:
        axes.set_ylim(min(values) / 2, 2 * max(values))
    shown = sizes if len(sizes) <= 5 else sizes[:: len(sizes) // 4]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(EngFormatter(places=0, sep="") if max(sizes) >= 10_000 else "{x:g}")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.yaxis.set_minor_formatter("")
    axes.grid(True)
    axes.set_xlabel(what)
