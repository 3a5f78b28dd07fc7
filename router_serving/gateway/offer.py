"""What LiteLLM offers to choose from: the deployments that are up, and what follows of them for each of N models.

The same deployments are offered again and again, so that all of this is worked out once for many requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from router_serving.gateway.decision import Deployment
from router_serving.gateway.observe import ModelTable


@dataclass(frozen=True)
class Offer:
    """The deployments that are up; sequences hold N numbers, in the order of the policy's models."""

    deployments: Sequence[Deployment]
    problem: str | None
    """Why nothing can be decided among them; None: something can."""
    models: frozenset[int]
    """The models that have a deployment."""
    up: Sequence[int]
    """The number of each model's deployments."""
    down: Sequence[bool]
    """Whether a model has none."""
    slots: Sequence[float]
    """Requests that each model's deployments work on at once; of a model without any, as if it had one."""
    rates: Sequence[tuple[int, float, float, float]]
    """A model, USD a token of its prompts and of its answers, and USD a call: one for each deployment whose price
    LiteLLM knows, and the policy's own for models without such a deployment."""

    def costs(self, input_tokens: float, answer_tokens: float) -> list[float]:
        """What so many tokens cost at each model, at the dearest of its deployments, USD."""
        costs = [0.0] * len(self.up)
        for model, price_in, price_out, per_call in self.rates:
            cost = price_in * input_tokens + price_out * answer_tokens + per_call
            if cost > costs[model]:
                costs[model] = cost
        return costs


def make_offer(deployments: Sequence[Deployment], table: ModelTable, needs_prices: bool) -> Offer:
    """Work out an offer; with `needs_prices` it is a problem where LiteLLM knows no price of a deployment."""
    models = [deployment.model for deployment in deployments if deployment.model is not None]
    up = [models.count(i) for i in range(len(table.slots))]
    rates = [
        (deployment.model, deployment.price_in, deployment.price_out or 0.0, 0.0)
        for deployment in deployments
        if deployment.model is not None and deployment.price_in is not None
    ]
    billed = {rate[0] for rate in rates}
    own = enumerate(zip(table.price_in, table.price_out, table.per_call, strict=True))
    rates += [(i, *prices) for i, prices in own if i not in billed]
    return Offer(
        deployments=deployments,
        problem=_problem(deployments, needs_prices),
        models=frozenset(models),
        up=up,
        down=[not count for count in up],
        slots=[own * max(count, 1) for own, count in zip(table.slots, up, strict=True)],
        rates=rates,
    )


def _problem(deployments: Sequence[Deployment], needs_prices: bool) -> str | None:
    for deployment in deployments:
        if deployment.model is None:
            return f"unknown deployment {deployment.id}"
        if needs_prices and deployment.price_in is None:
            return f"no price of {deployment.id}"
    return None if deployments else "no deployment is up"
