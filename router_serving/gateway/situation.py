"""What is known when a prompt waits to be routed: of the prompt, of N models, of the clock and of the money."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Situation:
    """One waiting prompt and the fleet at that moment; arrays are (N,) float64 in the order of the policy's models."""

    input_tokens: float
    """Tokens of the prompt."""
    expected_tokens: float
    """Tokens that its answer is expected to have."""
    quality: np.ndarray
    """Probability that each model's answer is good, 0 .. 1."""
    complexity: float | None
    """What the caller says of the prompt, 0 .. 1; None: it follows from `quality`."""
    cost: np.ndarray
    """USD that the prompt is expected to cost."""
    requests: np.ndarray
    """Prompts that run or wait at a model."""
    tokens: np.ndarray
    """Tokens of answers that they are expected to make still."""
    prefill: np.ndarray
    """Seconds of prefill that they still need."""
    mean_prefill: np.ndarray
    """Seconds of prefill, of the prompts that came lately."""
    mean_answer: np.ndarray
    """Tokens, of the answers to the prompts that came lately."""
    slots: np.ndarray
    """Prompts that a model works on at once."""
    request_bucket: np.ndarray
    """Requests that the rate limit still allows."""
    token_bucket: np.ndarray
    """Tokens that the rate limit still allows."""
    bucket_share: np.ndarray
    """The emptier of the two as a share of its size, 0 .. 1."""
    down: np.ndarray
    """Bool: no deployment of the model is up."""
    mean_gap: float
    """Seconds between arrivals."""
    time_of_day: float
    """Days, 0 .. 1, in the time zone of the policy's traffic."""
    budget_left: float
    """Share of the budget, 0 .. 1; 1 without a budget."""
