"""The house style of the pictures, their colours, and their files.

Colours are Okabe and Ito's (Color Universal Design, 2008), told apart by people of every colour vision, and no colour
ever speaks alone: a model has a marker and a hatch, too. Figures are made without pyplot, so that importing this
chooses no backend and opens no window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from router_serving.files import written_beside

WIDTH = 8.5
"""The width of every picture, inches; each is 100 px where a page shows it 850 px wide."""
DOTS_PER_INCH = 200
"""The resolution of the PNG, twice what such a page shows."""
PICTURE_FORMATS = (".png", ".svg")

BLACK, GREY, LIGHT_GREY = "#000000", "#5F5F5F", "#D0D0D0"
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILLION, PURPLE, SKY, YELLOW = "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"

HALO = [withStroke(linewidth=3, foreground="white")]
"""A white rim around labels, so that they can be read over lines."""

STYLE: dict[Any, Any] = {  # matplotlib's own type for the keys is a Literal of every setting there is
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "font.size": 11,
    "text.parse_math": False,  # a $ in a model's name is a $
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.color": GREY,
    "ytick.labelcolor": BLACK,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "jax-router",  # else every SVG has other names inside
}


@dataclass(frozen=True)
class ModelStyle:
    """How one model looks in every picture."""

    colour: str
    marker: str
    hatch: str


def model_styles(num_models: int) -> list[ModelStyle]:
    """A style for each model, in the order of the actions; all differ up to 56 models."""
    colours = (VERMILLION, BLUE, PURPLE, ORANGE, GREEN, SKY, YELLOW)
    markers = "sD^ov<>p"
    hatches = ("xx", "//", "--", "", "..", "\\\\", "++", "oo")
    return [
        ModelStyle(colours[i % len(colours)], markers[i % len(markers)], hatches[i % len(hatches)])
        for i in range(num_models)
    ]


def legend_label(name: str) -> str:
    """A name for a legend, which leaves out what begins with an underscore."""
    return f" {name}" if name.startswith("_") else name


Arguments = ParamSpec("Arguments")


def in_house_style(draw: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Run a drawing function with `STYLE` set, and set back what was there before."""

    @wraps(draw)
    def styled(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with rc_context(STYLE):
            return draw(*args, **kwargs)

    return styled


def new_figure(height: float, title: str) -> Figure:
    """An empty picture of `height` inches, its title at the top left."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    return figure


def picture_files(flag: str, path: Path) -> list[Path]:
    """The files of a picture, one for each of `PICTURE_FORMATS`, whichever of them `path` names; makes their folder.

    Raises `ValueError` (naming `flag`) for another ending, and where something in the way is no file; `OSError` where
    the folder cannot be made. So it is worth calling before the work whose result the picture shows.
    """
    if path.suffix not in ("", *PICTURE_FORMATS) or not path.name:
        raise ValueError(f"{flag} is {path}; it must end in {' or '.join(PICTURE_FORMATS)} (both are written)")
    files = [path.with_suffix(suffix) for suffix in PICTURE_FORMATS]
    for file in files:
        if file.exists() and not file.is_file():
            raise ValueError(f"{flag} is {path}; {file} is there already and is no file")
    path.parent.mkdir(parents=True, exist_ok=True)
    return files


def save(figure: Figure, files: Sequence[Path]) -> None:
    """Write a picture to each of its files, over what was there; the same picture gives the same bytes."""
    with rc_context(STYLE):
        for file in files:
            date = {"Date": None} if file.suffix == ".svg" else None
            with written_beside(file) as beside:
                figure.savefig(beside, dpi=DOTS_PER_INCH, metadata=date)


def label_point(axes: Axes, text: str, x: float, y: float, right: bool = False) -> None:
    """Write beside a point: above and left of it or, with `right`, below and right of it."""
    axes.annotate(
        text,
        (x, y),
        xytext=(8, -12) if right else (-8, 5),
        textcoords="offset points",
        ha="left" if right else "right",
        fontsize=10,
        path_effects=HALO,
        zorder=5,
    )


def label_area(axes: Axes, text: str, x: float, y: float) -> None:
    """Write in the middle of an area, on a white ground that hatches do not cross."""
    ground = {"facecolor": "white", "edgecolor": "none", "boxstyle": "round,pad=0.25"}
    axes.text(x, y, text, ha="center", va="center", fontsize=10, bbox=ground)


def label_right(
    axes: Axes, labels: Sequence[str], positions: Sequence[float], colours: Sequence[str], line_height: float
) -> None:
    """Write beside the right end of lines, each at its height or, where labels would touch, joined to it by a stroke.

    Args:
        axes: with its final limits.
        labels: (n,) texts.
        positions: (n,) heights, data units.
        colours: (n,) of the texts.
        line_height: what a line of text takes of the height of the axes.
    """
    bottom, top = axes.get_ylim()
    stroke = {"arrowstyle": "-", "color": LIGHT_GREY, "shrinkA": 0, "shrinkB": 0}
    places = spread(positions, line_height * (top - bottom))
    for text, position, place, colour in zip(labels, positions, places, colours, strict=True):
        axes.annotate(
            text,
            (1, position),
            xytext=(1.025, place),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=10,
            color=colour,
            arrowprops=stroke,
            annotation_clip=False,
        )


def spread(positions: Sequence[float], gap: float) -> np.ndarray:
    """Positions (n,) moved as little as labels need to stand at least `gap` apart, in the same order.

    Labels that would touch form a block around the mean of where they want to be; blocks that touch are merged.
    """
    order = np.argsort(positions, kind="stable")
    blocks: list[list[float]] = []
    for position in np.asarray(positions, np.float64)[order].tolist():
        blocks.append([position])
        while len(blocks) > 1 and _bottom(blocks[-1], gap) - _top(blocks[-2], gap) < gap:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    moved = np.empty(len(order))
    moved[order] = [_bottom(block, gap) + i * gap for block in blocks for i in range(len(block))]
    return moved


def _bottom(block: list[float], gap: float) -> float:
    return float(np.mean(block)) - gap * (len(block) - 1) / 2


def _top(block: list[float], gap: float) -> float:
    return float(np.mean(block)) + gap * (len(block) - 1) / 2
