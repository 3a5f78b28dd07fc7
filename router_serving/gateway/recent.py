"""What lately came to each model: how often, how much prefill it needs still, and how long answers are."""

import threading

import numpy as np

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
        self.mean_prefill = table.mean_prefill.copy()
        """(N,) seconds of prefill, of the prompts that came lately."""
        self.mean_answer = table.mean_answer.copy()
        """(N,) tokens, of the answers that came lately."""
        self._table = table
        self._lock = threading.Lock()
        self._last_arrival: float | None = None
        self._prefill = np.zeros(len(table.slots))  # s, at the time `_since`
        self._since = np.zeros(len(table.slots))

    def arrived(self, now: float) -> None:
        """A prompt waits to be routed at this monotonic clock, s."""
        with self._lock:
            if self._last_arrival is not None:
                gap = max(0.0, now - self._last_arrival)
                self.mean_gap += (gap - self.mean_gap) / GAPS_REMEMBERED
            self._last_arrival = now

    def joined(self, model: int, input_tokens: float, now: float) -> None:
        """A prompt was sent to a model."""
        own = input_tokens / self._table.prefill_rate[model]
        with self._lock:
            waited = max(0.0, self._prefill[model] - (now - self._since[model]))
            self._prefill[model], self._since[model] = waited + own, now
            self.mean_prefill[model] += (own - self.mean_prefill[model]) / PROMPTS_REMEMBERED

    def answered(self, model: int, tokens: float) -> None:
        """An answer of so many tokens came."""
        with self._lock:
            self.mean_answer[model] += (max(1.0, tokens) - self.mean_answer[model]) / PROMPTS_REMEMBERED

    def prefill(self, requests: np.ndarray, slots: np.ndarray, now: float) -> np.ndarray:
        """Seconds of prefill that the prompts inside, (N,), still need: at least that of those without a slot, (N,)."""
        with self._lock:
            left = np.maximum(0.0, self._prefill - (now - self._since))
            return np.where(requests > 0, np.maximum(left, (requests - slots) * self.mean_prefill), 0.0)
