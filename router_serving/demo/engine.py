"""An endpoint that batches, in real time: slots, a queue before them, chunked prefill, and one token an iteration.

It is the exact counterpart of what LLMRouter-v1 has in closed form (docs/dynamics-v1.md).
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

FEW = 1e-9
"""Tokens, or s: less is nothing."""


@dataclass(frozen=True)
class ModelSpec:
    """One model of the fleet; the fields are those of `jax_router.v1.ModelConfig` that an endpoint has to know."""

    name: str
    price_in: float
    """USD per 10^6 prompt tokens."""
    price_out: float
    """USD per 10^6 answer tokens."""
    quality_score: float
    """Probability that an answer is good, 0 .. 1."""
    step_time: float
    """One decoding iteration of a sequence that is alone, s."""
    prefill_rate: float
    """Prompt tokens/s."""
    step_time_per_sequence: float = 0.0
    """How much longer an iteration takes for every sequence that decodes, s."""
    slots: float = 1000.0
    """Sequences at once."""
    chunk: float = 2048.0
    """Prompt tokens that one iteration takes at most."""
    overhead: float = 0.0
    """Network and gateway, s on every answer."""
    rpm: float | None = None
    """Requests a minute; None: no limit."""
    tpm: float | None = None
    """Tokens of prompts and answers a minute; None: no limit."""
    mtbf: float | None = None
    """Mean time between outages, s; None: there are none."""
    mttr: float = 60.0
    """Mean length of an outage, s."""


@dataclass(eq=False)
class Sequence:
    """One prompt inside an engine."""

    prefill: float
    """Tokens of the prompt that are still to be read."""
    answer: int
    """Tokens that are still to be made."""
    made: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue)
    """The tokens of each iteration, 1 each; 0 at the end."""
    gone: bool = False
    """Whether the client has left."""


class Engine:
    """One endpoint. It works as long as there is something inside, one iteration after the other."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.waiting: deque[Sequence] = deque()
        self.running: list[Sequence] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def inside(self) -> int:
        """Sequences that run or wait."""
        return len(self.waiting) + len(self.running)

    def add(self, prompt_tokens: float, answer_tokens: int) -> Sequence:
        """Let a prompt in; its tokens come through the sequence's queue."""
        sequence = Sequence(max(prompt_tokens, 1.0), max(answer_tokens, 1))
        self.waiting.append(sequence)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())
        return sequence

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time()
        while self.inside:
            self.waiting = deque(s for s in self.waiting if not s.gone)
            self.running = [s for s in self.running if not s.gone]
            while self.waiting and len(self.running) < self.spec.slots:
                self.running.append(self.waiting.popleft())
            decoding = [s for s in self.running if s.prefill <= FEW]
            read, first = self._prefill()
            spec = self.spec
            until += spec.step_time + spec.step_time_per_sequence * len(decoding) + read / spec.prefill_rate
            # A machine that is busy is late: the next iterations are shorter by that, and no time is lost.
            await asyncio.sleep(max(0.0, until - loop.time()))
            for sequence in (*decoding, *first):
                sequence.answer -= 1
                sequence.made.put_nowait(1)
                if not sequence.answer:
                    sequence.made.put_nowait(0)
                    self.running.remove(sequence)

    def _prefill(self) -> tuple[float, list[Sequence]]:
        """Read up to a chunk of prompts, the first come first; returned are the tokens, and who is ready for that."""
        left, ready = self.spec.chunk, []
        for sequence in self.running:
            if sequence.prefill > FEW and left > FEW:
                part = min(left, sequence.prefill)
                sequence.prefill -= part
                left -= part
                if sequence.prefill <= FEW:
                    ready.append(sequence)
        return self.spec.chunk - left, ready


class Bucket:
    """A rate limit: it holds one minute's worth and refills evenly."""

    def __init__(self, per_minute: float | None, share: float, now: float) -> None:
        """`share` of it is full at the time `now`, s."""
        self.size = per_minute
        self._level, self._since = (per_minute or 0.0) * share, now

    def level(self, now: float) -> float:
        """What is left at a time, s."""
        if self.size is None:
            return float("inf")
        self._level = min(self.size, self._level + self.size * (now - self._since) / 60.0)
        self._since = now
        return self._level

    def take(self, amount: float) -> None:
        """Take some of it."""
        self._level -= amount
