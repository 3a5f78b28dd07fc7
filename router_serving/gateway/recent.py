"""What lately came to each model: how often, how much prefill it needs still, and how long answers are."""

import threading
from collections.abc import Sequence

from router_serving.gateway.observe import ModelTable

PROMPTS_REMEMBERED = 100
"""Prompts over which `mean_prefill` and `mean_answer` are taken, as in the simulator."""
GAPS_REMEMBERED = 32
"""Gaps over which `mean_gap` is taken, as in the simulator."""


class Recent:
    """Running means of N models. Many threads may use it."""

    def __init__(self, table: ModelTable, mean_gap: float) -> None:
        """`mean_gap`, s, is what arrivals are believed to be apart before the second one."""
        self.mean_gap = mean_gap
        """Seconds between arrivals."""
        self.mean_prefill = list(table.mean_prefill)
        """N times the seconds of prefill, of the prompts that came lately."""
        self.mean_answer = list(table.mean_answer)
        """N times the tokens, of the answers that came lately."""
        self._rate = table.prefill_rate
        self._lock = threading.Lock()
        self._last_arrival: float | None = None
        self._prefill = [0.0] * len(table.slots)  # s, at the time `_since`
        self._since = [0.0] * len(table.slots)

    def arrived(self, now: float) -> None:
        """A prompt waits to be routed at this monotonic clock, s."""
        with self._lock:
            if self._last_arrival is not None:
                gap = max(0.0, now - self._last_arrival)
                self.mean_gap += (gap - self.mean_gap) / GAPS_REMEMBERED
            self._last_arrival = now

    def joined(self, model: int, input_tokens: float, now: float) -> None:
        """A prompt was sent to a model."""
        own = input_tokens / self._rate[model]
        with self._lock:
            waited = max(0.0, self._prefill[model] - (now - self._since[model]))
            self._prefill[model], self._since[model] = waited + own, now
            self.mean_prefill[model] += (own - self.mean_prefill[model]) / PROMPTS_REMEMBERED

    def answered(self, model: int, tokens: float) -> None:
        """An answer of so many tokens came."""
        with self._lock:
            self.mean_answer[model] += (max(1.0, tokens) - self.mean_answer[model]) / PROMPTS_REMEMBERED

    def prefill(self, requests: Sequence[float], slots: Sequence[float], now: float) -> list[float]:
        """N times the seconds of prefill that the prompts inside still need: at least that of those without a slot."""
        with self._lock:
            return [
                max(prefill - (now - since), (inside - places) * mean, 0.0) if inside > 0 else 0.0
                for prefill, since, inside, places, mean in zip(
                    self._prefill, self._since, requests, slots, self.mean_prefill, strict=True
                )
            ]
