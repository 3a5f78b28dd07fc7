"""The scene as a picture, drawn with Pillow: queues, prices and latencies, the day, the budget, the last route."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gym_compat.render.scene import Scene

WIDTH = 760
"""Pixels; the height grows with the fleet."""
HEADER, ROW, FOOTER = 154, 44, 84
"""Heights of the parts, pixels: even, as video formats want them."""
SMOOTH = 2
"""Everything is drawn this many times too large and then scaled down, for smooth edges."""

# Okabe and Ito's palette: told apart by every common kind of colour vision, and never the only sign.
INK, MUTED, TRACK, PAPER = "#1f2933", "#66727f", "#e4e8ec", "#ffffff"
BLUE, VERMILION, SKY, AMBER = "#0072b2", "#d55e00", "#dcedf8", "#e69f00"

BAR_LEFT, BAR_RIGHT = 190, 470
PRICE_RIGHT, LATENCY_RIGHT = 600, 724


def draw_picture(scene: Scene) -> np.ndarray:
    """The scene, (H, W, 3) uint8, with W = `WIDTH` and H growing with the number of models."""
    canvas = _Canvas(WIDTH, HEADER + ROW * len(scene.models) + FOOTER)
    _draw_header(canvas, scene)
    for i in range(len(scene.models)):
        _draw_model(canvas, scene, i, top=HEADER + ROW * i)
    _draw_last(canvas, scene, top=HEADER + ROW * len(scene.models))
    return canvas.pixels()


class _Canvas:
    """A drawing surface in final pixels that draws in larger ones."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, x: float, y: float, words: str, size: int, color: str = INK, anchor: str = "lm") -> None:
        """Words at a point; the anchor is Pillow's, "lm" for left and middle."""
        self._draw.text((x * SMOOTH, y * SMOOTH), words, color, _font(size * SMOOTH), anchor)

    def bar(self, left: float, top: float, right: float, bottom: float, color: str, radius: float = 4) -> None:
        """A box with round corners; nothing where it has no width."""
        if right - left >= 1:
            box = (left * SMOOTH, top * SMOOTH, right * SMOOTH, bottom * SMOOTH)
            self._draw.rounded_rectangle(box, min(radius, (right - left) / 2) * SMOOTH, color)

    def line(self, points: list[tuple[float, float]], color: str, width: float) -> None:
        self._draw.line([(x * SMOOTH, y * SMOOTH) for x, y in points], color, round(width * SMOOTH), "curve")

    def arc(self, x: float, y: float, radius: float, share: float, color: str, width: float) -> None:
        """A share (0 .. 1) of a circle around a point, clockwise from the top."""
        box = [(x - radius) * SMOOTH, (y - radius) * SMOOTH, (x + radius) * SMOOTH, (y + radius) * SMOOTH]
        self._draw.arc(box, -90, -90 + 360 * share, color, round(width * SMOOTH))

    def pixels(self) -> np.ndarray:
        return np.array(self._image.reduce(SMOOTH))


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _draw_header(canvas: _Canvas, scene: Scene) -> None:
    canvas.text(36, 34, "LLM Router", 22)
    canvas.text(166, 36, scene.scenario, 15, MUTED)
    canvas.text(36, 60, f"prompt {scene.step_count} of {scene.episode_length}", 14, MUTED)
    _draw_clock(canvas, scene, x=690, y=50)

    share = scene.budget_remaining / scene.budget
    canvas.text(330, 34, "budget", 14, MUTED)
    canvas.text(620, 34, f"${scene.budget_remaining:.2f} of ${scene.budget:.2f}", 14, INK, "rm")
    canvas.bar(330, 46, 620, 58, TRACK)
    canvas.bar(330, 46, 330 + 290 * share, 58, BLUE if share > 0.2 else VERMILION)

    needs = (
        f"length {scene.length:.2f}    complexity {scene.complexity:.2f}    quality needed {scene.quality_required:.2f}"
    )
    canvas.text(36, 86, f"next    {needs}", 14, MUTED)

    canvas.line([(36, 110), (724, 110)], TRACK, 1)
    for x, words, anchor in (
        (36, "model", "lm"),
        (BAR_LEFT, f"queue, of {scene.max_queue_depth:g} requests", "lm"),
        (PRICE_RIGHT, "price", "rm"),
        (LATENCY_RIGHT, "latency now", "rm"),
    ):
        canvas.text(x, 132, words, 13, MUTED, anchor)


def _draw_clock(canvas: _Canvas, scene: Scene, x: float, y: float) -> None:
    """A dial of 24 hours with midnight at the top."""
    canvas.arc(x, y, 34, 1.0, TRACK, 5)
    canvas.arc(x, y, 34, scene.time_of_day, AMBER, 5)
    canvas.text(x, y, scene.clock, 16, INK, "mm")


def _draw_model(canvas: _Canvas, scene: Scene, i: int, top: float) -> None:
    model, fill, middle = scene.models[i], float(scene.fill[i]), top + ROW / 2
    late = bool(scene.latency_now[i] > scene.sla_threshold)
    if scene.last is not None and scene.last.action == i:
        canvas.bar(24, top + 2, 736, top + ROW - 2, SKY, radius=8)
    canvas.text(36, middle, _shortened(model.name), 16)
    canvas.bar(BAR_LEFT, middle - 9, BAR_RIGHT, middle + 9, TRACK)
    canvas.bar(BAR_LEFT, middle - 9, BAR_LEFT + (BAR_RIGHT - BAR_LEFT) * fill, middle + 9, VERMILION if late else BLUE)
    canvas.text(BAR_RIGHT + 10, middle, f"{scene.queue_depths[i]:.0f}", 14, MUTED)
    canvas.text(PRICE_RIGHT, middle, f"${model.cost_per_call:.4f}", 15, INK, "rm")
    canvas.text(LATENCY_RIGHT - 22, middle, f"{scene.latency_now[i]:.2f} s", 15, INK, "rm")
    _draw_sign(canvas, LATENCY_RIGHT - 8, middle, good=not late, size=5)


def _draw_last(canvas: _Canvas, scene: Scene, top: float) -> None:
    canvas.line([(36, top + 10), (724, top + 10)], TRACK, 1)
    last = scene.last
    if last is None:
        canvas.text(36, top + 46, "no prompt has been routed yet", 16, MUTED)
        return
    _draw_sign(canvas, 46, top + 46, good=not last.sla_violated, size=9)
    verdict = "missed" if last.sla_violated else "held"
    name = _shortened(scene.models[last.action].name)
    canvas.text(70, top + 35, f"{name} answered in {last.latency:.2f} s: SLA {scene.sla_threshold:g} s {verdict}", 16)
    canvas.text(
        70,
        top + 60,
        f"cost ${last.cost:.4f}    quality {last.quality:.2f} of {last.quality_required:.2f} needed",
        14,
        MUTED,
    )
    canvas.text(724, top + 35, f"{last.reward:+.2f}", 22, BLUE if last.reward >= 0 else VERMILION, "rm")
    canvas.text(724, top + 60, "reward", 13, MUTED, "rm")


def _draw_sign(canvas: _Canvas, x: float, y: float, good: bool, size: float) -> None:
    """A tick or a cross, so that the colour is not the only sign."""
    if good:
        canvas.line([(x - size, y), (x - size / 3, y + 0.7 * size), (x + size, y - 0.8 * size)], BLUE, size / 3)
    else:
        canvas.line([(x - 0.8 * size, y - 0.8 * size), (x + 0.8 * size, y + 0.8 * size)], VERMILION, size / 3)
        canvas.line([(x - 0.8 * size, y + 0.8 * size), (x + 0.8 * size, y - 0.8 * size)], VERMILION, size / 3)


def _shortened(name: str, longest: int = 17) -> str:
    return name if len(name) <= longest else name[: longest - 3] + "..."
