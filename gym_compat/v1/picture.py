"""The scene as a picture, drawn with Pillow: endpoints and their batches, rate limits, outages, the last route."""

import numpy as np

from gym_compat.render.canvas import AMBER, BLUE, INK, MUTED, SKY, TRACK, VERMILION, Canvas, shortened
from gym_compat.v1.scene import Scene

WIDTH = 900
"""Pixels; the height grows with the fleet."""
HEADER, ROW, FOOTER = 154, 44, 84
"""Heights of the parts, pixels: even, as video formats want them."""
SLOTS_LEFT, SLOTS_RIGHT = 190, 400
LIMIT_LEFT, LIMIT_RIGHT = 460, 580
QUALITY_RIGHT, COST_RIGHT, LATENCY_RIGHT = 660, 760, 864


def draw_picture(scene: Scene) -> np.ndarray:
    """The scene, (H, W, 3) uint8, with W = `WIDTH` and H growing with the number of models."""
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
    canvas.clock(830, 50, scene.time_of_day, scene.clock)

    share = scene.budget_remaining / scene.budget
    canvas.text(400, 34, "budget", 14, MUTED)
    canvas.text(740, 34, f"${scene.budget_remaining:.3f} of ${scene.budget:.2f}", 14, INK, "rm")
    canvas.bar(400, 46, 740, 58, TRACK)
    canvas.bar(400, 46, 400 + 340 * share, 58, BLUE if share > 0.2 else VERMILION)

    session = "" if scene.home is None else f"    cached at {shortened(scene.home)}"
    words = f"next    {scene.input_tokens:.0f} tokens    answer of about {scene.expected_tokens:.0f}{session}"
    canvas.text(36, 86, words, 14, MUTED)

    canvas.line([(36, 110), (864, 110)], TRACK, 1)
    for x, words, anchor in (
        (36, "model", "lm"),
        (SLOTS_LEFT, "slots taken", "lm"),
        (LIMIT_LEFT, "rate limit left", "lm"),
        (QUALITY_RIGHT, "quality", "rm"),
        (COST_RIGHT, "cost", "rm"),
        (LATENCY_RIGHT, "latency", "rm"),
    ):
        canvas.text(x, 132, words, 13, MUTED, anchor)


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


def _draw_last(canvas: Canvas, scene: Scene, top: float) -> None:
    canvas.line([(36, top + 10), (864, top + 10)], TRACK, 1)
    last = scene.last
    if last is None:
        canvas.text(36, top + 46, "no prompt has been routed yet", 16, MUTED)
        return
    canvas.sign(46, top + 46, good=not last.sla_violated, size=9)
    canvas.text(70, top + 35, f"{shortened(scene.models[last.action].name)}: {last.fate}", 16)
    canvas.text(
        70,
        top + 60,
        f"first token {last.ttft:.2f} s    all {last.latency:.2f} s    cost ${last.cost:.5f}    "
        f"quality {last.quality:.2f}",
        14,
        MUTED,
    )
    canvas.text(864, top + 35, f"{last.reward:+.2f}", 22, BLUE if last.reward >= 0 else VERMILION, "rm")
    canvas.text(864, top + 60, "reward", 13, MUTED, "rm")
