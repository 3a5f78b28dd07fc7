"""Picture: which model an agent picks, by the prompt's complexity and by a queue, at a quiet and at a busy hour."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.ndimage import distance_transform_edt

from train.pictures.style import BLACK, GREY, in_house_style, label_area, model_styles, new_figure
from train.studies.v0.behaviour import ChoiceMap

SMALLEST_NAMED = 0.02
"""The least share of a map that a region needs for its name to be written in it."""

NOTE = (
    "Everything else that the agent sees is held at its median around that hour.\n"
    "Dashed: the complexities and the queues that nine in ten of its prompts meet around that hour."
)


@in_house_style
def draw_choices(choice_map: ChoiceMap, model_names: Sequence[str]) -> Figure:
    """Draw the two maps side by side, each region in its model's colour and hatch, its name in it."""
    better = model_names[choice_map.better]
    figure = new_figure(4.6, _title(choice_map, model_names))
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for i, (axes, load) in enumerate(zip(panels, ("the quietest hour", "the busiest hour"), strict=True)):
        _draw(axes, choice_map.choices[i], choice_map, model_names)
        _frame(axes, choice_map.usual[i])
        axes.set_title(f"at {clock(choice_map.hours[i])}, {load}")
        axes.set_xlabel("complexity of the prompt, 0 to 1")
    panels[0].set_ylabel(f"queue of {better}, requests")
    figure.supxlabel(NOTE, x=0.01, ha="left", fontsize=9.5, color=GREY)
    return figure


def clock(hour: float) -> str:
    """Write hours after any midnight as HH:MM."""
    minutes = round(60 * hour) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _draw(axes: Axes, choices: np.ndarray, choice_map: ChoiceMap, model_names: Sequence[str]) -> None:
    for i, (name, style) in enumerate(zip(model_names, model_styles(len(model_names)), strict=True)):
        region = choices == i
        if not region.any():
            continue
        area = axes.contourf(
            choice_map.complexity,
            choice_map.queue,
            region.astype(float),
            levels=[0.5, 1.5],
            colors=[style.colour],
            hatches=[style.hatch],
            alpha=0.75,
        )
        area.set_edgecolor("#FFFFFF80")  # of the hatch
        area.set_linewidth(0)
        if region.mean() >= SMALLEST_NAMED:
            x, y = _inside(region)
            label_area(axes, name, choice_map.complexity[x], choice_map.queue[y])


def _frame(axes: Axes, usual: np.ndarray) -> None:
    (left, right), (bottom, top) = usual
    axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=BLACK, linestyle="--"))


def _inside(region: np.ndarray) -> tuple[int, int]:
    """Return column and row of the point of a region, (Y, X) bool, that lies farthest from its border."""
    depth = distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), region.shape)
    return int(column), int(row)


def _title(choice_map: ChoiceMap, model_names: Sequence[str]) -> str:
    """Return a title: the rule that the maps follow, if they follow it, else what the maps show."""
    complex_half = choice_map.complexity >= 0.5
    with_room, full = choice_map.choices[:, 0, complex_half], choice_map.choices[:, -1, complex_half]
    if (with_room == choice_map.better).mean() > 0.9 and (full == choice_map.better).mean() < 0.5:
        return f"Complex prompts go to {model_names[choice_map.better]}, as long as its queue is short"
    return f"The agent's choice, by prompt and by the queue of {model_names[choice_map.better]}"
