"""What is known when a prompt waits to be routed: of the prompt, of N models, of the clock and of the money.

The numbers of models are sequences of floats, not arrays: for a handful of models that is several times as fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Situation:
    """One waiting prompt and the fleet at that moment; sequences hold N floats, in the order of the policy's models."""

    input_tokens: float
    """Tokens of the prompt."""
    expected_tokens: float
    """Tokens that its answer is expected to have."""
    quality: Sequence[float]
    """Probability that each model's answer is good, 0 .. 1."""
    complexity: float | None
    """What the caller says of it, 0 .. 1; None: it follows from `quality`."""
    cost: Sequence[float]
    """USD that the prompt is expected to cost."""
    requests: Sequence[float]
    """Prompts that run or wait at a model."""
    tokens: Sequence[float]
    """Tokens of answers that they are expected to make still."""
    prefill: Sequence[float]
    """Seconds of prefill that they still need."""
    mean_prefill: Sequence[float]
    """Seconds of prefill, of the prompts that came lately."""
    mean_answer: Sequence[float]
    """Tokens, of the answers to the prompts that came lately."""
    slots: Sequence[float]
    """Prompts that a model works on at once."""
    request_bucket: Sequence[float]
    """Requests that the rate limit still allows."""
    token_bucket: Sequence[float]
    """Tokens that the rate limit still allows."""
    bucket_share: Sequence[float]
    """The emptier of the two as a share of its size, 0 .. 1."""
    down: Sequence[bool]
    """Whether no deployment of the model is up."""
    mean_gap: float
    """Seconds between arrivals."""
    time_of_day: float
    """Days, 0 .. 1, in the time zone of the policy's traffic."""
    budget_left: float
    """Share of the budget, 0 .. 1; 1 without a budget."""
