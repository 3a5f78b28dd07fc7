"""The scene as text."""

from gym_compat.v0.scene import Scene

BAR_WIDTH = 24
"""The length of the bar of a full queue, characters."""


def draw_text(scene: Scene) -> str:
    """Describe the scene in a few lines: the day and the budget, the fleet with its queues, the last route."""
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
    """Describe the last route in one line."""
    last = scene.last
    if last is None:
        return "no prompt has been routed yet"
    sla = "missed" if last.sla_violated else "held"
    return (
        f"last route: {scene.models[last.action].name} for {last.cost:.4f} USD in {last.latency:.2f} s "
        f"(SLA {scene.sla_threshold:g} s {sla}), quality {last.quality:.2f} of {last.quality_required:.2f} required, "
        f"reward {last.reward:+.3f}"
    )
