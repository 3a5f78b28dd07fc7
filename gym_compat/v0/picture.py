"""The scene as a picture, drawn with Pillow: queues, costs and latencies, the day, the budget, the last route."""

import numpy as np

from gym_compat.render.canvas import BLUE, INK, MUTED, SKY, TRACK, VERMILION, Canvas, shortened
from gym_compat.render.frame import MARGIN, ROW, Story, draw_footer, draw_header, new_canvas, top_of
from gym_compat.v0.scene import Scene

WIDTH = 760
"""The width of a picture, pixels; its height grows with the fleet."""
BUDGET_LEFT = 330
BAR_LEFT, BAR_RIGHT = 190, 470
PRICE_RIGHT, LATENCY_RIGHT = 600, 724


def draw_picture(scene: Scene) -> np.ndarray:
    """Draw the scene, (H, W, 3) uint8, with W = `WIDTH`; H grows with the number of models."""
    canvas, num_models = new_canvas(WIDTH, scene), len(scene.models)
    waiting = (
        f"length {scene.length:.2f}    complexity {scene.complexity:.2f}    quality needed {scene.quality_required:.2f}"
    )
    columns = (
        (MARGIN, "model", "lm"),
        (BAR_LEFT, f"queue, of {scene.max_queue_depth:g} requests", "lm"),
        (PRICE_RIGHT, "price", "rm"),
        (LATENCY_RIGHT, "latency now", "rm"),
    )
    draw_header(canvas, scene, WIDTH, BUDGET_LEFT, waiting, columns)
    for i in range(num_models):
        _draw_model(canvas, scene, i, top=top_of(i))
    draw_footer(canvas, WIDTH, top_of(num_models), _story(scene))
    return canvas.pixels()


def _draw_model(canvas: Canvas, scene: Scene, i: int, top: float) -> None:
    model, fill, middle = scene.models[i], float(scene.fill[i]), top + ROW / 2
    late = bool(scene.latency_now[i] > scene.sla_threshold)
    if scene.last is not None and scene.last.action == i:
        canvas.bar(24, top + 2, 736, top + ROW - 2, SKY, radius=8)
    canvas.text(36, middle, shortened(model.name), 16)
    canvas.bar(BAR_LEFT, middle - 9, BAR_RIGHT, middle + 9, TRACK)
    canvas.bar(BAR_LEFT, middle - 9, BAR_LEFT + (BAR_RIGHT - BAR_LEFT) * fill, middle + 9, VERMILION if late else BLUE)
    canvas.text(BAR_RIGHT + 10, middle, f"{scene.queue_depths[i]:.0f}", 14, MUTED)
    canvas.text(PRICE_RIGHT, middle, f"${model.cost_per_call:.4f}", 15, INK, "rm")
    canvas.text(LATENCY_RIGHT - 22, middle, f"{scene.latency_now[i]:.2f} s", 15, INK, "rm")
    canvas.sign(LATENCY_RIGHT - 8, middle, good=not late, size=5)


def _story(scene: Scene) -> Story | None:
    last = scene.last
    if last is None:
        return None
    verdict = "missed" if last.sla_violated else "held"
    name = shortened(scene.models[last.action].name)
    return Story(
        good=not last.sla_violated,
        headline=f"{name} answered in {last.latency:.2f} s: SLA {scene.sla_threshold:g} s {verdict}",
        details=f"cost ${last.cost:.4f}    quality {last.quality:.2f} of {last.quality_required:.2f} needed",
        reward=last.reward,
    )
