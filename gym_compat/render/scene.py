"""What there is to see of an environment, and that as text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jax_router import ModelConfig

BAR_WIDTH = 24
"""Characters of a full queue."""


@dataclass(frozen=True)
class Route:
    """The last prompt that was routed, and what became of it."""

    action: int
    reward: float
    cost: float  # USD
    latency: float  # s
    quality: float  # 0 .. 1
    quality_required: float  # 0 .. 1
    sla_violated: bool


@dataclass(frozen=True)
class Scene:
    """One environment at the moment when a prompt waits to be routed, for a fleet of N models."""

    scenario: str
    models: Sequence[ModelConfig]
    queue_depths: np.ndarray  # (N,) float32, requests
    max_queue_depth: float  # requests
    latency_now: np.ndarray  # (N,) float32, s: the mean with the queue as it is
    sla_threshold: float  # s
    time_of_day: float  # days, [0, 1)
    budget_remaining: float  # USD
    budget: float  # USD
    step_count: int  # prompts routed this episode
    episode_length: int  # prompts
    length: float  # of the waiting prompt, 0 .. 1
    complexity: float  # of the waiting prompt, 0 .. 1
    quality_required: float  # by the waiting prompt, 0 .. 1
    last: Route | None  # None before the first step

    @property
    def clock(self) -> str:
        """The time of day as hours and minutes."""
        minutes = int(self.time_of_day * 24 * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    @property
    def fill(self) -> np.ndarray:
        """The share of each queue that is taken, (N,) float32, 0 .. 1."""
        return np.clip(self.queue_depths / self.max_queue_depth, 0.0, 1.0)


def draw_text(scene: Scene) -> str:
    """The scene in a few lines: the day and the budget, the fleet with its queues, the last route."""
    name_width = max(5, *(len(model.name) for model in scene.models))
    lines = [
        f"LLMRouter-v0 ({scene.scenario})   {scene.clock}   prompt {scene.step_count} of {scene.episode_length}   "
        f"budget {scene.budget_remaining:.4f} of {scene.budget:.2f} USD",
        f"waiting: length {scene.length:.2f}, complexity {scene.complexity:.2f}, "
        f"quality required {scene.quality_required:.2f}",
        "",
        f"  {'model':{name_width}}  {'queue':{BAR_WIDTH}}  requests  USD a prompt  latency now",
    ]
    rows = zip(scene.models, scene.fill, scene.queue_depths, scene.latency_now, strict=True)
    for i, (model, fill, depth, latency) in enumerate(rows):
        arrow = ">" if scene.last is not None and scene.last.action == i else " "
        bar = "#" * round(float(fill) * BAR_WIDTH)
        lines.append(
            f"{arrow} {model.name:{name_width}}  {bar:.<{BAR_WIDTH}}  {depth:8.1f}  "
            f"{model.cost_per_call:12.4f}  {latency:9.2f} s"
        )
    return "\n".join([*lines, "", describe_last(scene)])


def describe_last(scene: Scene) -> str:
    """The last route in one line."""
    last = scene.last
    if last is None:
        return "no prompt has been routed yet"
    sla = "missed" if last.sla_violated else "held"
    return (
        f"last route: {scene.models[last.action].name} for {last.cost:.4f} USD in {last.latency:.2f} s "
        f"(SLA {scene.sla_threshold:g} s {sla}), quality {last.quality:.2f} of {last.quality_required:.2f} required, "
        f"reward {last.reward:+.3f}"
    )
