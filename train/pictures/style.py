"""The house style of the pictures, their colours, and their files.

The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with every kind of colour vision can
tell apart. Every model has a marker and a hatch, too, so that colour is never needed. Figures are made without pyplot,
so that importing this module neither chooses a backend nor opens a window.
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
"""The width of every picture, inches; pages show pictures 850 px wide, which is 100 px an inch."""
DOTS_PER_INCH = 200
"""The resolution of PNG files, dots per inch: twice the 100 px an inch of a page, for sharp screens."""
PICTURE_FORMATS = (".png", ".svg")

BLACK, GREY, LIGHT_GREY = "#000000", "#5F5F5F", "#D0D0D0"
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILLION, PURPLE, SKY, YELLOW = "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"

HALO = [withStroke(linewidth=3, foreground="white")]
"""A white rim around labels, so that they can be read over lines."""

STYLE: dict[Any, Any] = {  # matplotlib's own type for the keys is a Literal of every setting there is
    "font.family": "DejaVu Sans",  # it comes with matplotlib, so that pictures are the same everywhere
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
    "svg.hashsalt": "jax-router",  # without it, the ids in every SVG are random
}


@dataclass(frozen=True)
class ModelStyle:
    """How one model looks in every picture."""

    colour: str
    marker: str
    hatch: str


def model_styles(num_models: int) -> list[ModelStyle]:
    """Return a style for each model, in the order of the actions; up to 56 models have different styles."""
    colours = (VERMILLION, BLUE, PURPLE, ORANGE, GREEN, SKY, YELLOW)
    markers = "sD^ov<>p"
    hatches = ("xx", "//", "--", "", "..", "\\\\", "++", "oo")
    return [
        ModelStyle(colours[i % len(colours)], markers[i % len(markers)], hatches[i % len(hatches)])
        for i in range(num_models)
    ]


def legend_label(name: str) -> str:
    """Return a label that a legend shows; matplotlib leaves labels out that begin with an underscore."""
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
    """Return an empty picture of `height` inches with its title at the top left."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    return figure


def picture_files(flag: str, path: Path) -> list[Path]:
    """Return the files of a picture, one for each of `PICTURE_FORMATS`, and make their folder.

    `path` may end in any of the formats. Raises `ValueError` (naming `flag`) for another suffix, and where something
    that is no file is in the way; raises `OSError` where the folder cannot be made. Call it before the work whose
    result the picture shows, so that a wrong path is noticed early.
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
    """Write a picture to each of its files, over older ones; equal pictures give equal bytes."""
    with rc_context(STYLE):
        for file in files:
            date = {"Date": None} if file.suffix == ".svg" else None
            with written_beside(file) as beside:
                figure.savefig(beside, dpi=DOTS_PER_INCH, metadata=date)


def label_point(axes: Axes, text: str, x: float, y: float, right: bool = False) -> None:
    """Write a label beside a point: above and left of it or, with `right`, below and right of it."""
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
    """Write a label in the middle of an area, on a white background that hides the hatch."""
    ground = {"facecolor": "white", "edgecolor": "none", "boxstyle": "round,pad=0.25"}
    axes.text(x, y, text, ha="center", va="center", fontsize=10, bbox=ground)


def label_right(
    axes: Axes, labels: Sequence[str], positions: Sequence[float], colours: Sequence[str], line_height: float
) -> None:
    """Write labels at the right ends of lines; labels that would touch are moved, and joined to their line by a stroke.

    Args:
        axes: the axes, with their final limits.
        labels: the n labels.
        positions: (n,) the heights of the lines, in data units.
        colours: the n colours of the labels.
        line_height: the height of a line of text, as a share of the height of the axes.
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
    """Return positions (n,) in the same order, moved as little as possible to be at least `gap` apart.

    Labels that would touch form a block around the mean of their positions; blocks that touch are merged.
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
