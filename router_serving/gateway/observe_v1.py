"""The observation of a policy of LLMRouter-v1: nine features of each model, then five numbers of all.

docs/dynamics-v1.md has the formulas. These are the same in NumPy, of what a gateway counts in place of a state.
"""

from typing import NamedTuple

import numpy as np

from router_serving.gateway.situation import Situation
from router_serving.policy import Origin

EMPTY = 0.01
"""Prompts inside: below, there is no answer whose rest could be looked at."""


class Forecast(NamedTuple):
    """What the waiting prompt meets at each model, (N,) float64, s."""

    ttft: np.ndarray
    """Until its first token, the overhead included."""
    latency: np.ndarray
    """Until its last token."""


class ObserverV1:
    """Makes observations (9 N + 5,) float32 of situations."""

    def __init__(self, origin: Origin) -> None:
        numbers = {name: np.array(values, np.float64) for name, values in origin.numbers.items()}
        self._engines = numbers
        self._ttft_sla, self._latency_sla = numbers["ttft_sla"][0], numbers["latency_sla"][0]
        self._rate = numbers["mean_rate"][0]
        self._log_longest = np.log1p(numbers["longest_prompt"][0])
        self._capacity = numbers["sustained"] / (numbers["sustained"] + self._rate)
        self._home = np.zeros(len(origin.models))  # a gateway does not know whose cache holds a session

    def __call__(self, situation: Situation) -> np.ndarray:
        """The observation, (9 N + 5,) float32, every number in 0 .. 1."""
        met = self.forecast(situation)
        need = situation.input_tokens + situation.expected_tokens
        requests, tokens = situation.request_bucket, situation.token_bucket
        accepts = np.minimum(requests / (requests + 1.0), tokens / (tokens + need))
        each = [
            situation.quality,
            (6.0 + np.log10(np.maximum(situation.cost, 1e-12))) / 5.0,
            situation.requests / (situation.requests + situation.slots),
            met.ttft / (met.ttft + self._ttft_sla),
            met.latency / (met.latency + self._latency_sla),
            situation.bucket_share,
            np.where(situation.down, 0.0, accepts),
            self._home,
            self._capacity,
        ]
        common = [
            np.log1p(situation.input_tokens) / self._log_longest,
            np.log1p(situation.expected_tokens) / self._log_longest,
            1.0 / (1.0 + situation.mean_gap * self._rate),
            situation.time_of_day,
            situation.budget_left,
        ]
        table = np.stack(each, axis=-1).reshape(-1)
        return np.clip(np.concatenate([table, common]), 0.0, 1.0).astype(np.float32)

    def forecast(self, situation: Situation) -> Forecast:
        """What the prompt meets that joins an endpoint: docs/dynamics-v1.md, with nothing in a cache."""
        engines, inside, slots = self._engines, situation.requests, situation.slots
        own_prefill = situation.input_tokens / engines["prefill_rate"]
        full_step = engines["step_time"] + engines["step_time_per_sequence"] * slots
        decoding = np.minimum(inside, slots)
        step = engines["step_time"] + engines["step_time_per_sequence"] * decoding
        freed = self._tokens_per_departure(situation, decoding) * full_step / slots
        until_prefill = np.maximum(0.0, inside - slots + 1.0) * freed + situation.prefill
        ahead = situation.prefill * (1.0 + step / engines["usual_chunk_time"])
        ahead = np.where(inside > slots - 1.0, until_prefill, ahead)
        under_way = 0.5 * np.minimum(1.0, inside) * step
        own = own_prefill + step * np.maximum(1.0, own_prefill / engines["chunk_time"])
        one_more = engines["step_time"] + engines["step_time_per_sequence"] * np.minimum(inside + 1.0, slots)
        per_token = one_more + decoding * situation.mean_prefill / situation.mean_answer
        ttft = ahead + under_way + own + engines["overhead"]
        return Forecast(ttft, ttft + (situation.expected_tokens - 1.0) * per_token)

    def _tokens_per_departure(self, situation: Situation, decoding: np.ndarray) -> np.ndarray:
        weighted = np.maximum(situation.requests + self._engines["aging"][0] * decoding, 0.5 * EMPTY)
        return np.where(situation.requests > EMPTY, situation.tokens / weighted, situation.mean_answer)
