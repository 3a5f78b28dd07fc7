"""The parts of a picture that are alike for all environments: what is above the models, and what is below them."""

from collections.abc import Sequence
from dataclasses import dataclass

from gym_compat.render.canvas import BLUE, INK, MUTED, TRACK, VERMILION, Canvas
from gym_compat.render.moment import Moment

HEADER, ROW, FOOTER = 154, 44, 84
"""The heights of the header, of each model and of the footer, pixels; they are even, which video formats require."""
MARGIN = 36
"""The room left and right, pixels."""

Column = tuple[float, str, str]
"""Where a column's title stands, pixels from the left, its words, and Pillow's anchor of them."""


@dataclass(frozen=True)
class Story:
    """What became of the last prompt."""

    good: bool  # whether the SLA was held
    headline: str
    details: str
    reward: float


def new_canvas(width: int, moment: Moment) -> Canvas:
    """An empty picture that has room for the models of an environment."""
    return Canvas(width, HEADER + ROW * len(moment.models) + FOOTER)


def top_of(model: int) -> int:
    """The upper edge of a model's row, pixels from the top; that of the footer for the number of models."""
    return HEADER + ROW * model


def draw_header(
    canvas: Canvas, moment: Moment, width: int, budget_left: float, waiting: str, columns: Sequence[Column]
) -> None:
    """Draw scenario, clock, budget and the waiting prompt, and the titles of the columns.

    Args:
        canvas: to draw on.
        moment: what to draw.
        width: of the picture, pixels.
        budget_left: where the bar of the budget begins, pixels from the left.
        waiting: the waiting prompt in words.
        columns: of the models.
    """
    budget_right = width - 140
    canvas.text(MARGIN, 34, "LLM Router", 22)
    canvas.text(166, 36, moment.scenario, 15, MUTED)
    canvas.text(MARGIN, 60, f"prompt {moment.step_count} of {moment.episode_length}", 14, MUTED)
    canvas.clock(width - 70, 50, moment.time_of_day, moment.clock)

    share = moment.budget_remaining / moment.budget
    canvas.text(budget_left, 34, "budget", 14, MUTED)
    left = f"${moment.budget_remaining:.2f} of ${moment.budget:.2f}"
    canvas.text(budget_right, 34, left, 14, INK, "rm")
    canvas.bar(budget_left, 46, budget_right, 58, TRACK)
    filled = budget_left + (budget_right - budget_left) * share
    canvas.bar(budget_left, 46, filled, 58, BLUE if share > 0.2 else VERMILION)

    canvas.text(MARGIN, 86, f"next    {waiting}", 14, MUTED)
    canvas.line([(MARGIN, 110), (width - MARGIN, 110)], TRACK, 1)
    for x, words, anchor in columns:
        canvas.text(x, 132, words, 13, MUTED, anchor)


def draw_footer(canvas: Canvas, width: int, top: float, story: Story | None) -> None:
    """Draw what became of the last prompt; None where there is none yet."""
    canvas.line([(MARGIN, top + 10), (width - MARGIN, top + 10)], TRACK, 1)
    if story is None:
        canvas.text(MARGIN, top + 46, "no prompt has been routed yet", 16, MUTED)
        return
    canvas.sign(46, top + 46, good=story.good, size=9)
    canvas.text(70, top + 35, story.headline, 16)
    canvas.text(70, top + 60, story.details, 14, MUTED)
    right = width - MARGIN
    canvas.text(right, top + 35, f"{story.reward:+.2f}", 22, BLUE if story.reward >= 0 else VERMILION, "rm")
    canvas.text(right, top + 60, "reward", 13, MUTED, "rm")
