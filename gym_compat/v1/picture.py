"""The scene as a picture, drawn with Pillow: endpoints and their batches, rate limits, outages, the last route."""

import numpy as np

from gym_compat.render.canvas import AMBER, BLUE, INK, MUTED, SKY, TRACK, VERMILION, Canvas, shortened
from gym_compat.render.frame import MARGIN, ROW, Story, draw_footer, draw_header, new_canvas, top_of
from gym_compat.v1.scene import Scene

WIDTH = 900
"""The width of a picture, pixels; its height grows with the fleet."""
BUDGET_LEFT = 400
SLOTS_LEFT, SLOTS_RIGHT = 190, 400
LIMIT_LEFT, LIMIT_RIGHT = 460, 580
QUALITY_RIGHT, COST_RIGHT, LATENCY_RIGHT = 660, 760, 864


def draw_picture(scene: Scene) -> np.ndarray:
    """Draw the scene, (H, W, 3) uint8, with W = `WIDTH`; H grows with the number of models."""
    canvas, num_models = new_canvas(WIDTH, scene), len(scene.models)
    session = "" if scene.home is None else f"    cached at {shortened(scene.home)}"
    waiting = f"{scene.input_tokens:.0f} tokens    answer of about {scene.expected_tokens:.0f}{session}"
    columns = (
        (MARGIN, "model", "lm"),
        (SLOTS_LEFT, "slots taken", "lm"),
        (LIMIT_LEFT, "rate limit left", "lm"),
        (QUALITY_RIGHT, "quality", "rm"),
        (COST_RIGHT, "cost", "rm"),
        (LATENCY_RIGHT, "latency", "rm"),
    )
    draw_header(canvas, scene, WIDTH, BUDGET_LEFT, waiting, columns)
    for i in range(num_models):
        _draw_model(canvas, scene, i, top=top_of(i))
    draw_footer(canvas, WIDTH, top_of(num_models), _story(scene))
    return canvas.pixels()


def _draw_model(canvas: Canvas, scene: Scene, i: int, top: float) -> None:
    middle, down = top + ROW / 2, bool(scene.down[i] > 0)
    late = bool(scene.latency[i] > scene.latency_sla)
    if scene.last is not None and scene.last.action == i:
        canvas.bar(24, top + 2, 876, top + ROW - 2, SKY, radius=8)
    canvas.text(36, middle, shortened(scene.models[i].name), 16, MUTED if down else INK)
    canvas.bar(SLOTS_LEFT, middle - 9, SLOTS_RIGHT, middle + 9, TRACK)
    filled = SLOTS_LEFT + (SLOTS_RIGHT - SLOTS_LEFT) * float(scene.fill[i])
    canvas.bar(SLOTS_LEFT, middle - 9, filled, middle + 9, VERMILION if late else BLUE)
    canvas.text(SLOTS_RIGHT + 10, middle, f"{scene.inside[i]:.0f}", 14, MUTED)
    if down:
        canvas.sign(LIMIT_LEFT + 8, middle, good=False, size=6)
        canvas.text(LIMIT_LEFT + 24, middle, f"down for {scene.down[i]:.0f} s", 14, VERMILION)
    else:
        left = float(scene.bucket[i])
        canvas.bar(LIMIT_LEFT, middle - 6, LIMIT_RIGHT, middle + 6, TRACK)
        canvas.bar(LIMIT_LEFT, middle - 6, LIMIT_LEFT + (LIMIT_RIGHT - LIMIT_LEFT) * left, middle + 6, AMBER)
    canvas.text(QUALITY_RIGHT, middle, f"{scene.quality[i]:.2f}", 15, INK, "rm")
    canvas.text(COST_RIGHT, middle, f"${scene.cost[i]:.5f}", 15, INK, "rm")
    canvas.text(LATENCY_RIGHT - 22, middle, f"{scene.latency[i]:.1f} s", 15, INK, "rm")
    canvas.sign(LATENCY_RIGHT - 8, middle, good=not late, size=5)


def _story(scene: Scene) -> Story | None:
    last = scene.last
    if last is None:
        return None
    times = f"first token {last.ttft:.2f} s    all {last.latency:.2f} s"
    return Story(
        good=not last.sla_violated,
        headline=f"{shortened(scene.models[last.action].name)}: {last.fate}",
        details=f"{times}    cost ${last.cost:.5f}    quality {last.quality:.2f}",
        reward=last.reward,
    )
