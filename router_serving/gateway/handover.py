"""How a decision is handed to LiteLLM: as a preference that its later filters may overrule, or as the only choice."""

from typing import Any

from router_serving.gateway.decision import Decision
from router_serving.gateway.group import Group

FALLING = 1e-9
"""The weight of a model over that of the one before it: LiteLLM draws it only where the better ones are gone."""
SMALLEST = 1e-300
"""The least weight: 0 would never be drawn."""


def handed_on(
    group: Group, decision: Decision, offered: list[Any], kwargs: dict[str, Any] | None, prefers: bool
) -> list[Any]:
    """The deployments that LiteLLM may go on with; with `prefers`, their weights go into `kwargs`.

    Deployments that this request failed at are left out, unless it failed at all of them.
    """
    if decision.model is None:
        return offered
    models = decision.ranking if kwargs is not None and prefers else decision.ranking[:1]
    found = [pair for pair in zip(offered, decision.deployments, strict=True) if pair[1].model in models]
    if decision.request.failed:
        found = [pair for pair in found if pair[1].id not in decision.request.failed] or found
    if kwargs is None or not prefers:
        return [entry for entry, _ in found]
    weights = {one.id: max(FALLING ** models.index(one.model), SMALLEST) for _, one in found if one.model is not None}
    kwargs["_router_weights"] = {group.settings.name: weights}
    # Where a budget counts, LiteLLM must not fall back to a model that it does not pay for.
    return offered if group.settings.budget is None else [entry for entry, _ in found]
