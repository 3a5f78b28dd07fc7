"""The scene as a picture, drawn with Pillow: queues, costs and latencies, the day, the budget, the last route."""

import numpy as np

from gym_compat.render.canvas import BLUE, INK, MUTED, SKY, TRACK, VERMILION, Canvas, shortened
from gym_compat.v0.scene import Scene

WIDTH = 760
"""The width of a picture, pixels; its height grows with the fleet."""
HEADER, ROW, FOOTER = 154, 44, 84
"""The heights of the parts, pixels; they are even, which video formats require."""
BAR_LEFT, BAR_RIGHT = 190, 470
PRICE_RIGHT, LATENCY_RIGHT = 600, 724


def draw_picture(scene: Scene) -> np.ndarray:
    """Draw the scene, (H, W, 3) uint8, with W = `WIDTH`; H grows with the number of models."""
    canvas = Canvas(WIDTH, HEADER + ROW * len(scene.models) + FOOTER)
    _draw_header(canvas, scene)
    for i in range(len(scene.models)):
        _draw_model(canvas, scene, i, top=HEADER + ROW * i)
    _draw_last(canvas, scene, top=HEADER + ROW * len(scene.models))
    return canvas.pixels()


def _draw_header(canvas: Canvas, scene: Scene) -> None:
    canvas.text(36, 34, "LLM Router", 22)
    canvas.text(166, 36, scene.scenario, 15, MUTED)
    canvas.text(36, 60, f"prompt {scene.step_count} of {scene.episode_length}", 14, MUTED)
    canvas.clock(690, 50, scene.time_of_day, scene.clock)

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


def _draw_last(canvas: Canvas, scene: Scene, top: float) -> None:
    canvas.line([(36, top + 10), (724, top + 10)], TRACK, 1)
    last = scene.last
    if last is None:
        canvas.text(36, top + 46, "no prompt has been routed yet", 16, MUTED)
        return
    canvas.sign(46, top + 46, good=not last.sla_violated, size=9)
    verdict = "missed" if last.sla_violated else "held"
    name = shortened(scene.models[last.action].name)
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
