"""The observation of a policy of LLMRouter-v1: nine features of each model, then five numbers of all.

docs/dynamics-v1.md has the formulas. These are the same, of what a gateway counts in place of a state, one model after
the other: with plain floats a handful of models takes a tenth of what arrays of their numbers take, and where a number
is the smaller or larger of two, a condition takes a tenth of what `min` or `max` takes.
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


class Forecasts(NamedTuple):
    """What the waiting prompt meets at each of N models, s."""

    ttft: list[float]
    """Until its first token, the overhead included."""
    latency: list[float]
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
            *self.forecasts(situation),
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
        for ttft, latency, quality, cost, inside, slots, requests, tokens, share, is_down, capacity in each:
            by_requests, by_tokens = requests / (requests + 1.0), tokens / (tokens + need)
            numbers += (
                quality,
                (6.0 + math.log10(cost if cost > 1e-12 else 1e-12)) / 5.0,
                inside / (inside + slots),
                ttft / (ttft + ttft_sla),
                latency / (latency + latency_sla),
                share,
                0.0 if is_down else by_requests if by_requests < by_tokens else by_tokens,
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
        return np.array(numbers, np.float32).clip(0.0, 1.0)

    def forecasts(self, situation: Situation) -> Forecasts:
        """What the prompt meets that joins a model's endpoint: docs/dynamics-v1.md, with nothing in a cache."""
        each = zip(
            self._engines,
            situation.requests,
            situation.slots,
            situation.tokens,
            situation.prefill,
            situation.mean_prefill,
            situation.mean_answer,
            strict=True,
        )
        found = Forecasts([], [])
        for engine, inside, slots, tokens, prefill, mean_prefill, mean_answer in each:
            step_time, per_sequence, prefill_rate, chunk_time, usual_chunk_time, overhead = engine
            own_prefill = situation.input_tokens / prefill_rate
            decoding = inside if inside < slots else slots
            step = step_time + per_sequence * decoding
            if inside > slots - 1.0:
                rest = mean_answer if inside <= EMPTY else tokens / max(inside + self._aging * decoding, 0.5 * EMPTY)
                freed = rest * (step_time + per_sequence * slots) / slots
                ahead = (inside - slots + 1.0) * freed + prefill
            else:
                ahead = prefill * (1.0 + step / usual_chunk_time)
            under_way = 0.5 * (inside if inside < 1.0 else 1.0) * step
            chunks, beside = own_prefill / chunk_time, inside + 1.0
            own = own_prefill + step * (chunks if chunks > 1.0 else 1.0)
            one_more = step_time + per_sequence * (beside if beside < slots else slots)
            per_token = one_more + decoding * mean_prefill / mean_answer
            ttft = ahead + under_way + own + overhead
            found.ttft.append(ttft)
            found.latency.append(ttft + (situation.expected_tokens - 1.0) * per_token)
        return found
