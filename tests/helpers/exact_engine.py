"""One endpoint of docs/dynamics-v1.md simulated exactly, one engine iteration after the other, in plain Python.

It shares no code with the closed forms that it judges.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Engine:
    """An endpoint; times are s, limits are per minute."""

    step_time: float
    step_time_per_sequence: float
    prefill_rate: float
    slots: int
    chunk: float = 2048
    overhead: float = 0.0
    rpm: float = math.inf
    tpm: float = math.inf
    patience: float = math.inf
    outages: list[tuple[float, float]] = field(default_factory=list)
    """When each begins and ends, in their order."""


@dataclass
class Served:
    """What became of R requests."""

    ttft: np.ndarray  # (R,) s, NaN where nobody was served
    latency: np.ndarray  # (R,) s, likewise
    refused: np.ndarray  # (R,) bool
    gave_up: np.ndarray  # (R,) bool


def serve(engine: Engine, arrivals: np.ndarray, inputs: np.ndarray, outputs: np.ndarray) -> Served:
    """Serve R requests: their arrival times, s, in order, and whole numbers of tokens, each (R,)."""
    refused = _refused(engine, arrivals, inputs + outputs)
    run = _Run(engine, arrivals, inputs, outputs, deque(np.flatnonzero(~refused).tolist()))
    while run.coming or run.waiting or run.prefilling or run.decoding:
        run.admit()
        run.iterate()
    return Served(run.first - arrivals + engine.overhead, run.last - arrivals + engine.overhead, refused, run.gave_up)


def _refused(engine: Engine, arrivals: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Which requests do not find their tokens and one request in buckets that are full at first, or meet an outage."""
    refused = np.zeros(len(arrivals), bool)
    request_bucket, token_bucket, before = engine.rpm, engine.tpm, float(arrivals[0])
    outages = deque(engine.outages)
    for i, now in enumerate(arrivals.tolist()):
        request_bucket = min(engine.rpm, request_bucket + engine.rpm / 60 * (now - before))
        token_bucket = min(engine.tpm, token_bucket + engine.tpm / 60 * (now - before))
        before = now
        while outages and outages[0][1] <= now:
            outages.popleft()
        down = bool(outages) and outages[0][0] <= now
        if down or request_bucket < 1 or token_bucket < tokens[i]:
            refused[i] = True
        else:
            request_bucket -= 1
            token_bucket -= tokens[i]
    return refused


class _Run:
    """The engine at the beginning of an iteration."""

    def __init__(self, engine: Engine, arrivals, inputs, outputs, coming: deque):
        self.engine, self.arrivals, self.outputs = engine, arrivals.tolist(), outputs.tolist()
        self.coming = coming  # not yet there
        self.waiting: deque[int] = deque()  # for a slot
        self.prefilling: deque[list] = deque()  # [request, prompt tokens to go]
        self.decoding: list[tuple[int, int]] = []  # a heap of (iteration of the last token, request)
        self.inputs = inputs.tolist()
        self.now, self.iteration = 0.0, 0
        self.first, self.last = np.full(len(inputs), np.nan), np.full(len(inputs), np.nan)
        self.gave_up = np.zeros(len(inputs), bool)

    def admit(self) -> None:
        """Free slots go to those who have waited longest and are still there."""
        if not (self.waiting or self.prefilling or self.decoding):
            self.now = max(self.now, self.arrivals[self.coming[0]])
        while self.coming and self.arrivals[self.coming[0]] <= self.now:
            self.waiting.append(self.coming.popleft())
        while self.waiting and len(self.prefilling) + len(self.decoding) < self.engine.slots:
            request = self.waiting.popleft()
            if self.now - self.arrivals[request] > self.engine.patience:
                self.gave_up[request] = True
            else:
                self.prefilling.append([request, self.inputs[request]])

    def iterate(self) -> None:
        """One iteration, or as many as only decode while nobody comes or ends."""
        engine = self.engine
        step = engine.step_time + engine.step_time_per_sequence * len(self.decoding)
        if not self.prefilling:
            if self.decoding:
                count = self.decoding[0][0] - self.iteration
                if self.coming:
                    count = min(count, max(1, math.ceil((self.arrivals[self.coming[0]] - self.now) / step)))
                self.now += count * step
                self.iteration += count
                self._end()
            return
        left, started = engine.chunk, []
        while self.prefilling and left > 0:
            spent = min(left, self.prefilling[0][1])
            left -= spent
            self.prefilling[0][1] -= spent
            if self.prefilling[0][1] > 0:
                break
            started.append(self.prefilling.popleft()[0])
        self.now += step + (engine.chunk - left) / engine.prefill_rate
        self.iteration += 1
        self._end()
        for request in started:
            self.first[request] = self.now
            if self.outputs[request] <= 1:
                self.last[request] = self.now
            else:
                heapq.heappush(self.decoding, (self.iteration + self.outputs[request] - 1, request))

    def _end(self) -> None:
        while self.decoding and self.decoding[0][0] <= self.iteration:
            self.last[heapq.heappop(self.decoding)[1]] = self.now
