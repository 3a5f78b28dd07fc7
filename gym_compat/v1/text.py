"""The scene as text."""

from gym_compat.v1.scene import Scene

BAR_WIDTH = 20
"""Characters of an endpoint with all slots taken."""


def draw_text(scene: Scene) -> str:
    """The scene in a few lines: the day and the budget, the fleet with its endpoints, the last route."""
    name_width = max(5, *(len(model.name) for model in scene.models))
    session = "" if scene.home is None else f", its session is cached at {scene.home}"
    lines = [
        f"LLMRouter-v1 ({scene.scenario})   {scene.clock}   prompt {scene.step_count} of {scene.episode_length}   "
        f"budget {scene.budget_remaining:.4f} of {scene.budget:.2f} USD",
        f"waiting: {scene.input_tokens:.0f} tokens, an answer of about {scene.expected_tokens:.0f}{session}",
        "",
        f"  {'model':{name_width}}  {'slots taken':{BAR_WIDTH}}  inside  limit left  quality       USD  latency",
    ]
    for i, model in enumerate(scene.models):
        arrow = ">" if scene.last is not None and scene.last.action == i else " "
        bar = "#" * round(float(scene.fill[i]) * BAR_WIDTH)
        state = f"  down for {scene.down[i]:.0f} s" if scene.down[i] > 0 else ""
        lines.append(
            f"{arrow} {model.name:{name_width}}  {bar:.<{BAR_WIDTH}}  {scene.inside[i]:6.1f}  "
            f"{100 * scene.bucket[i]:8.0f} %  {scene.quality[i]:7.2f}  {scene.cost[i]:8.6f}  "
            f"{scene.latency[i]:5.2f} s{state}"
        )
    return "\n".join([*lines, "", describe_last(scene)])


def describe_last(scene: Scene) -> str:
    """The last route in one line."""
    last = scene.last
    if last is None:
        return "no prompt has been routed yet"
    served = "nobody" if last.served_by is None else scene.models[last.served_by].name
    sla = "missed" if last.sla_violated else "held"
    return (
        f"last route: {scene.models[last.action].name}, {last.fate}; served by {served} for {last.cost:.6f} USD, "
        f"first token after {last.ttft:.2f} s, all after {last.latency:.2f} s (SLA {sla}), "
        f"quality {last.quality:.2f} ({'good' if last.good else 'not good'}), reward {last.reward:+.3f}"
    )
