"""Picture: a day in the life of an agent: queues, routes, spending and latency over one episode."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from jax_router.v0 import ModelConfig
from train.pictures.style import BLACK, GREY, ModelStyle, in_house_style, label_right, model_styles, new_figure
from train.pictures.v0.choices import clock
from train.studies.v0.behaviour import Day

WINDOW = 30
"""The number of neighbouring prompts that a share is taken over."""
SMALLEST_SHARE = 0.01
"""The least share of the prompts that a model needs to be drawn."""


@in_house_style
def draw_day(day: Day, models: Sequence[ModelConfig], sla: float) -> Figure:
    """Draw four panels over one clock, for the models that were used; `sla` is in s."""
    num_prompts = len(day.action)
    title = f"One episode: {num_prompts:,} prompts, {day.cost.sum():.2f} USD, {day.late.mean():.1%} over the SLA"
    figure = new_figure(8.0, title)
    panels = figure.subplots(4, 1, sharex=True, height_ratios=(1, 1, 1, 1.15))
    used = [i for i in range(len(models)) if (day.action == i).mean() >= SMALLEST_SHARE]
    styles = {models[i].name: style for i, style in enumerate(model_styles(len(models))) if i in used}
    panels[-1].set_xlim(day.hour[0], day.hour[-1])
    _draw_queues(panels[0], day, used, styles)
    _draw_routes(panels[1], day, used, styles)
    _draw_spending(panels[2], day, [models[i].cost_per_call for i in used], styles)
    _draw_latency(panels[3], day, used, styles, sla)
    for hour, load in zip(day.quiet_and_busy, ("quietest", "busiest"), strict=True):
        if hour <= day.hour[-1]:
            for axes in panels:
                axes.axvline(hour, color=GREY, linestyle=":", linewidth=1.2)
            panels[0].annotate(
                f"{load} hour ", (hour, 1), xycoords=("data", "axes fraction"), ha="right", va="top", fontsize=10
            )
    panels[-1].xaxis.set_major_locator(MultipleLocator(2))
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda hour, _: clock(hour)))
    panels[-1].set_xlabel("time of day")
    return figure


def _draw_queues(axes: Axes, day: Day, used: Sequence[int], styles: dict[str, ModelStyle]) -> None:
    ends = []
    for i, style in zip(used, styles.values(), strict=True):
        axes.plot(day.hour, day.queues[:, i], color=style.colour, linewidth=1.2)
        ends.append(float(day.queues[-WINDOW:, i].mean()))
    axes.set_title("requests that wait for each model")
    axes.set_ylabel("requests")
    axes.set_ylim(0, None)
    _label(axes, list(styles), ends)


def _draw_routes(axes: Axes, day: Day, used: Sequence[int], styles: dict[str, ModelStyle]) -> None:
    window = partial(np.convolve, np.ones(min(WINDOW, len(day.action))), mode="same")
    prompts = window(np.ones(len(day.action)))  # fewer at both ends
    shares = np.array([window((day.action == i).astype(float)) / prompts for i in used])
    bands = axes.stackplot(day.hour, shares, colors=[style.colour for style in styles.values()], alpha=0.75)
    for band, style in zip(bands, styles.values(), strict=True):
        band.set_hatch(style.hatch)
        band.set_edgecolor("#FFFFFF80")
    axes.set_title(f"where the prompts go (share of {WINDOW} prompts)")
    axes.set_ylabel("prompts")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.yaxis.set_major_locator(MultipleLocator(0.25))
    ends = np.cumsum(shares[:, -1]) - shares[:, -1] / 2
    _label(axes, list(styles), ends.tolist())


def _draw_spending(axes: Axes, day: Day, costs: Sequence[float], styles: dict[str, ModelStyle]) -> None:
    prompts = np.arange(1, len(day.cost) + 1)
    labels = ["the agent", *(f"always {name}" for name in styles)]
    lines = [day.cost.cumsum(dtype=np.float64), *(cost * prompts for cost in costs)]
    axes.plot(day.hour, lines[0], color=BLACK, linewidth=2.2)
    for line, style in zip(lines[1:], styles.values(), strict=True):
        axes.plot(day.hour, line, color=style.colour, linestyle="--", linewidth=1.4)
    axes.set_title("spent since the first prompt")
    axes.set_ylabel("USD")
    axes.set_ylim(0, None)
    _label(axes, labels, [float(line[-1]) for line in lines])


def _draw_latency(axes: Axes, day: Day, used: Sequence[int], styles: dict[str, ModelStyle], sla: float) -> None:
    ends = []
    for i, style in zip(used, styles.values(), strict=True):
        mine = day.action == i
        axes.scatter(day.hour[mine], day.latency[mine], s=9, color=style.colour, marker=style.marker, linewidths=0)
        ends.append(float(day.latency[mine][-WINDOW:].mean()))
    axes.scatter(day.hour[day.late], day.latency[day.late], s=26, color=BLACK, marker="x", linewidths=1)
    axes.axhline(sla, color=BLACK, linewidth=1.2, linestyle="--")
    axes.set_title("time to answer each prompt (crosses: over the SLA)")
    axes.set_ylabel("latency, s")
    axes.set_ylim(0, None)
    _label(axes, [f"SLA, {sla:g} s", *styles], [sla, *ends])


def _label(axes: Axes, labels: Sequence[str], positions: Sequence[float]) -> None:
    label_right(axes, labels, positions, [BLACK] * len(labels), line_height=0.15)
