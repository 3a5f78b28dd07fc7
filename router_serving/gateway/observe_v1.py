"""The observation of a policy of LLMRouter-v1: nine features of each model, then five numbers of all.

docs/dynamics-v1.md has the formulas. These are the same, of what a gateway counts in place of a state, one model after
the other: with plain floats a handful of models takes a tenth of what arrays of their numbers take.
"""

import math
from typing import NamedTuple

import numpy as np

from router_serving.gateway.situation import Situation
from router_serving.policy import Origin

EMPTY = 0.01
"""Prompts inside: below, there is no answer whose rest could be looked at."""
HOME = 0.0
"""A gateway does not know whose cache holds a session."""


class Forecast(NamedTuple):
    """What the waiting prompt meets at a model, s."""

    ttft: float
    """Until its first token, the overhead included."""
    latency: float
    """Until its last token."""


class Engine(NamedTuple):
    """What the origin says of how fast one model is; docs/dynamics-v1.md has its words and units."""

    step_time: float
    step_time_per_sequence: float
    prefill_rate: float
    chunk_time: float
    usual_chunk_time: float
    overhead: float


class ObserverV1:
    """Makes observations (9 N + 5,) float32 of situations."""

    def __init__(self, origin: Origin) -> None:
        numbers = origin.numbers
        self._engines = [Engine(*row) for row in zip(*(numbers[name] for name in Engine._fields), strict=True)]
        self._aging = numbers["aging"][0]
        self._ttft_sla, self._latency_sla = numbers["ttft_sla"][0], numbers["latency_sla"][0]
        self._rate = numbers["mean_rate"][0]
        self._log_longest = math.log1p(numbers["longest_prompt"][0])
        self._capacity = [sustained / (sustained + self._rate) for sustained in numbers["sustained"]]

    def __call__(self, situation: Situation) -> np.ndarray:
        """The observation, (9 N + 5,) float32, every number in 0 .. 1."""
        need = situation.input_tokens + situation.expected_tokens
        ttft_sla, latency_sla = self._ttft_sla, self._latency_sla
        each = zip(
            situation.quality,
            situation.cost,
            situation.requests,
            situation.slots,
            situation.request_bucket,
            situation.token_bucket,
            situation.bucket_share,
            situation.down,
            self._capacity,
            strict=True,
        )
        numbers: list[float] = []
        for i, (quality, cost, inside, slots, requests, tokens, share, is_down, capacity) in enumerate(each):
            ttft, latency = self.forecast(situation, i)
            numbers += (
                quality,
                (6.0 + math.log10(max(cost, 1e-12))) / 5.0,
                inside / (inside + slots),
                ttft / (ttft + ttft_sla),
                latency / (latency + latency_sla),
                share,
                0.0 if is_down else min(requests / (requests + 1.0), tokens / (tokens + need)),
                HOME,
                capacity,
            )
        numbers += (
            math.log1p(situation.input_tokens) / self._log_longest,
            math.log1p(situation.expected_tokens) / self._log_longest,
            1.0 / (1.0 + situation.mean_gap * self._rate),
            situation.time_of_day,
            situation.budget_left,
        )
        return np.array([0.0 if number < 0.0 else 1.0 if number > 1.0 else number for number in numbers], np.float32)

    def forecast(self, situation: Situation, model: int) -> Forecast:
        """What the prompt meets that joins a model's endpoint: docs/dynamics-v1.md, with nothing in a cache."""
        step_time, per_sequence, prefill_rate, chunk_time, usual_chunk_time, overhead = self._engines[model]
        inside, slots, prefill = situation.requests[model], situation.slots[model], situation.prefill[model]
        own_prefill = situation.input_tokens / prefill_rate
        decoding = inside if inside < slots else slots
        step = step_time + per_sequence * decoding
        if inside > slots - 1.0:
            freed = self._tokens_per_departure(situation, model, decoding) * (step_time + per_sequence * slots) / slots
            ahead = (inside - slots + 1.0) * freed + prefill
        else:
            ahead = prefill * (1.0 + step / usual_chunk_time)
        under_way = 0.5 * min(1.0, inside) * step
        own = own_prefill + step * max(1.0, own_prefill / chunk_time)
        one_more = step_time + per_sequence * min(inside + 1.0, slots)
        per_token = one_more + decoding * situation.mean_prefill[model] / situation.mean_answer[model]
        ttft = ahead + under_way + own + overhead
        return Forecast(ttft, ttft + (situation.expected_tokens - 1.0) * per_token)

    def _tokens_per_departure(self, situation: Situation, model: int, decoding: float) -> float:
        inside = situation.requests[model]
        if inside <= EMPTY:
            return situation.mean_answer[model]
        return situation.tokens[model] / max(inside + self._aging * decoding, 0.5 * EMPTY)
