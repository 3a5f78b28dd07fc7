"""One decision, and the line that it becomes once the call is over."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from router_serving.gateway.ledger import Lease
from router_serving.gateway.request import Request
from router_serving.session import Ticket

try:
    import orjson

    def dumps(values: Any) -> str:
        """Write JSON: LiteLLM brings this library along, which takes a fifth of the time."""
        return str(orjson.dumps(values, default=float), "utf-8")
except ImportError:

    def dumps(values: Any) -> str:
        """Write JSON."""
        return json.dumps(values, separators=(",", ":"), default=float)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One of LiteLLM's deployments of a group, as far as routing needs to know it."""

    id: str
    """LiteLLM's `model_info.id`."""
    model: int | None
    """The index of the policy's model that it is; None: not said."""
    price_in: float | None = None
    """USD a token of a prompt; None: LiteLLM does not know."""
    price_out: float | None = None
    """USD a token of an answer; None: LiteLLM does not know."""


@dataclass(eq=False, slots=True)
class Decision:
    """What was seen of a request, and what was made of it. Sequences hold N floats, in the order of the policy's
    models."""

    group: str
    mode: str
    time: float
    """Unix time, s."""
    request: Request
    abstained: str | None = None
    """Why LiteLLM's own choice stands; None: it need not."""
    refused: bool = False
    """Whether the budget pays for no model."""
    ranking: tuple[int, ...] = ()
    """The models that may take the request, from the best."""
    observation: np.ndarray | None = None
    preferences: Sequence[float] | None = None
    expected_tokens: float = 0.0
    """Tokens of the answer."""
    most: Sequence[float] | None = None
    """USD that the request may cost at most."""
    expected_cost: Sequence[float] | None = None
    """USD that it is expected to cost."""
    quality: Sequence[float] | None = None
    """Forecast of each model's answer, 0 .. 1."""
    quality_from: str = "prior"
    category: str | None = None
    ticket: Ticket | None = None
    """Of the pacer, where there is one."""
    price: float | None = None
    """Of money, reward per USD, where the policy is told one."""
    took: float = 0.0
    """Seconds until it was made."""
    deployments: Sequence[Deployment] = field(default_factory=tuple)
    """Those that LiteLLM offered."""
    lease: Lease | None = None
    """What stands for the decision until it is a call."""

    @property
    def model(self) -> int | None:
        """The model that the policy takes; None where it abstained, or nothing can be paid."""
        return self.ranking[0] if self.ranking else None


@dataclass(slots=True)
class Ending:
    """What became of a call."""

    deployment: str
    status: str
    """"success", "failure", "cancelled", "cached", or "lost" where nothing was heard of it."""
    cost: float = 0.0
    """USD, as LiteLLM bills it."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency: float | None = None
    """Seconds to the last token."""
    ttft: float | None = None
    """Seconds to the first token, of a stream."""


def as_line(decision: Decision, ending: Ending, names: Sequence[str], model: int | None) -> str:
    """The decision as one line of JSON, without any text of the prompt."""
    chosen = decision.model
    values: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(decision.time, UTC).isoformat(timespec="milliseconds"),
        "group": decision.group,
        "mode": decision.mode,
        "model": None if model is None else names[model],
        "deployment": ending.deployment,
        "chosen": None if chosen is None else names[chosen],
        "abstained": decision.abstained,
        "status": ending.status,
        "prompt_tokens": ending.prompt_tokens,
        "completion_tokens": ending.completion_tokens,
        "cost_usd": ending.cost,
        "latency_s": _rounded(ending.latency),
        "ttft_s": _rounded(ending.ttft),
        "category": decision.category,
        "quality_from": decision.quality_from,
        "quality": _numbers(decision.quality, 4),
        "expected_cost_usd": _numbers(decision.expected_cost, 8),
        "preferences": _numbers(decision.preferences, 4),
        "observation": None if decision.observation is None else _seen(decision.observation),
        "money_price": _rounded(decision.price),
        "decision_ms": round(decision.took * 1e3, 3),
        "models": list(names),
    }
    return dumps(values)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _numbers(values: Sequence[float] | None, digits: int) -> list[float] | None:
    """The finite numbers with so many digits: `round(value, digits)` takes eight times as long."""
    scale = 10.0**digits
    return None if values is None else [round(value * scale) / scale for value in values]


def _seen(observation: np.ndarray) -> list[float]:
    return observation.astype(np.float64).round(5).tolist()
