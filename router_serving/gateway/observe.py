"""From a situation to what a policy sees: each environment's layout, and what the policy file must say for it."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from router_serving.gateway.observe_v0 import ObserverV0
from router_serving.gateway.observe_v1 import ObserverV1
from router_serving.gateway.situation import Situation
from router_serving.policy import Origin

Observer = Callable[[Situation], np.ndarray]
"""It makes an observation, (D,) float32, of a situation."""

NEEDED = {
    "LLMRouter-v0": ("slowdown", "gap_floor", "gap_slope"),
    "LLMRouter-v1": (
        *("ttft_sla", "latency_sla", "mean_rate", "longest_prompt", "bin_edges", "expected_output"),
        *("step_time", "step_time_per_sequence", "prefill_rate", "slots", "usual_chunk_time", "chunk_time", "overhead"),
        *("mean_prefill", "mean_answer", "aging", "sustained"),
    ),
}
"""The numbers that a policy's origin must hold, by environment."""


def observer_for(origin: Origin, longest_prompt: float) -> Observer:
    """The observer of a policy's environment; raises `ValueError` for an origin that does not say enough."""
    if origin.environment not in NEEDED:
        raise ValueError(f"the policy is of {origin.environment}; a gateway can observe for {', '.join(NEEDED)}")
    for name in NEEDED[origin.environment]:
        if name not in origin.numbers:
            raise ValueError(
                f"the policy does not say the {name} that its observations were made with: "
                "train it anew, or go on training with --resume, and it will"
            )
    if origin.environment == "LLMRouter-v0":
        return ObserverV0(origin, longest_prompt)
    return ObserverV1(origin)


@dataclass(frozen=True)
class ModelTable:
    """What the origin says of N models, and of answers; sequences hold N floats unless they say otherwise."""

    quality_score: Sequence[float]
    """Mean quality, 0 .. 1."""
    price_in: Sequence[float]
    """USD a token of a prompt; 0 where models are paid by the call."""
    price_out: Sequence[float]
    """USD a token of an answer."""
    per_call: Sequence[float]
    """USD a call; 0 where models are paid by the token."""
    slots: Sequence[float]
    """Requests that one deployment works on at once."""
    request_limit: Sequence[float]
    """Requests a minute."""
    token_limit: Sequence[float]
    """Tokens a minute."""
    prefill_rate: Sequence[float]
    """Tokens of a prompt a second."""
    mean_prefill: Sequence[float]
    """Seconds, of a mean prompt."""
    mean_answer: Sequence[float]
    """Tokens."""
    aging: float
    """Growth of an answer's mean rest with each token made."""
    bin_edges: Sequence[float]
    """K - 1 tokens, between the bins of a prompt's length."""
    expected_output: Sequence[float]
    """K times the mean tokens of an answer in a bin."""

    def expected_answer(self, input_tokens: float) -> float:
        """The tokens that an answer to a prompt of such a length is expected to have."""
        return max(1.0, self.expected_output[bisect_right(self.bin_edges, input_tokens)])


USUAL_ANSWER = 256.0
"""Tokens of an answer that nobody says anything of: LLMRouter-v0 has no tokens."""
UNLIMITED = 1e9
"""Requests or tokens a minute: what a model without a rate limit has for one."""


def model_table(origin: Origin, slots: Mapping[str, float]) -> ModelTable:
    """The table of a policy; `slots` of the settings come before those that it was trained with."""
    numbers, count = origin.numbers, len(origin.models)

    def column(name: str, otherwise: float, unit: float = 1.0) -> list[float]:
        return [unit * float(model.get(name, otherwise)) for model in origin.models]

    own_slots = numbers.get("slots", (1.0,) * count)
    return ModelTable(
        quality_score=column("quality_score", 0.5),
        price_in=column("price_in", 0.0, 1e-6),
        price_out=column("price_out", 0.0, 1e-6),
        per_call=column("cost_per_call", 0.0),
        slots=[slots.get(name, own) for name, own in zip(origin.model_names, own_slots, strict=True)],
        request_limit=column("request_limit", UNLIMITED),
        token_limit=column("token_limit", UNLIMITED),
        prefill_rate=numbers.get("prefill_rate", (math.inf,) * count),
        mean_prefill=numbers.get("mean_prefill", (0.0,) * count),
        mean_answer=numbers.get("mean_answer", (USUAL_ANSWER,) * count),
        aging=numbers.get("aging", (0.0,))[0],
        bin_edges=numbers.get("bin_edges", ()),
        expected_output=numbers.get("expected_output", (USUAL_ANSWER,)),
    )
