"""A surface to draw environments on with Pillow, and the symbols that their pictures share."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SMOOTH = 2
"""Everything is drawn this many times too large and then scaled down, for smooth edges."""

# Okabe and Ito's palette can be told apart with every common kind of colour vision; colour is never the only sign.
INK, MUTED, TRACK, PAPER = "#1f2933", "#66727f", "#e4e8ec", "#ffffff"
BLUE, VERMILION, SKY, AMBER = "#0072b2", "#d55e00", "#dcedf8", "#e69f00"


class Canvas:
    """A drawing surface that takes sizes in final pixels, and draws everything `SMOOTH` times as large."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, x: float, y: float, words: str, size: int, color: str = INK, anchor: str = "lm") -> None:
        """Write words at a point; the anchor is Pillow's, such as "lm" for left and middle."""
        self._draw.text((x * SMOOTH, y * SMOOTH), words, color, _font(size * SMOOTH), anchor)

    def bar(self, left: float, top: float, right: float, bottom: float, color: str, radius: float = 4) -> None:
        """Draw a box with round corners, or nothing where it has no width."""
        if right - left >= 1:
            box = (left * SMOOTH, top * SMOOTH, right * SMOOTH, bottom * SMOOTH)
            self._draw.rounded_rectangle(box, min(radius, (right - left) / 2) * SMOOTH, color)

    def line(self, points: list[tuple[float, float]], color: str, width: float) -> None:
        self._draw.line([(x * SMOOTH, y * SMOOTH) for x, y in points], color, round(width * SMOOTH), "curve")

    def arc(self, x: float, y: float, radius: float, share: float, color: str, width: float) -> None:
        """Draw a share (0 .. 1) of a circle around a point, clockwise from the top."""
        box = [(x - radius) * SMOOTH, (y - radius) * SMOOTH, (x + radius) * SMOOTH, (y + radius) * SMOOTH]
        self._draw.arc(box, -90, -90 + 360 * share, color, round(width * SMOOTH))

    def pixels(self) -> np.ndarray:
        return np.array(self._image.reduce(SMOOTH))

    def clock(self, x: float, y: float, time_of_day: float, words: str) -> None:
        """Draw a 24-hour dial around a point, midnight at the top; it shows a time (days), and words in its middle."""
        self.arc(x, y, 34, 1.0, TRACK, 5)
        self.arc(x, y, 34, time_of_day, AMBER, 5)
        self.text(x, y, words, 16, INK, "mm")

    def sign(self, x: float, y: float, good: bool, size: float) -> None:
        """Draw a tick or a cross at a point, so that the colour is not the only sign."""
        if good:
            self.line([(x - size, y), (x - size / 3, y + 0.7 * size), (x + size, y - 0.8 * size)], BLUE, size / 3)
        else:
            self.line([(x - 0.8 * size, y - 0.8 * size), (x + 0.8 * size, y + 0.8 * size)], VERMILION, size / 3)
            self.line([(x - 0.8 * size, y + 0.8 * size), (x + 0.8 * size, y - 0.8 * size)], VERMILION, size / 3)


def shortened(name: str, longest: int = 17) -> str:
    """Return a name that fits beside a bar, cut off where it is longer."""
    return name if len(name) <= longest else name[: longest - 3] + "..."


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
