"""What else an endpoint did while it answered a request, counted from its own log."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CLOCK = 1e-3
"""s; times that differ by less are the same."""


@dataclass(frozen=True)
class Requests:
    """R requests to one endpoint, in the order of their time, with everything known of them."""

    start: np.ndarray  # (R,) float64, s
    first: np.ndarray  # (R,) float64, s, when the first token came
    end: np.ndarray  # (R,) float64, s
    prompt_tokens: np.ndarray  # (R,) float64
    completion_tokens: np.ndarray  # (R,) float64, at least 1

    def __len__(self) -> int:
        """R."""
        return len(self.start)


@dataclass(frozen=True)
class Company:
    """What was there beside each of R requests."""

    inside: np.ndarray  # (R,) others between their start and their end when it came
    decoding: np.ndarray  # (R,) others between their first token and their last when it came
    batch: np.ndarray  # (R,) mean number that decoded, itself too, between its own first token and its last
    prefill: np.ndarray  # (R,) prompt tokens of others that were prefilled meanwhile


def company(requests: Requests) -> Company:
    """Count for each request what its endpoint did meanwhile."""
    start, first, end = requests.start, requests.first, requests.end
    arrivals, firsts, ends = np.sort(start), np.sort(first), np.sort(end)
    came = np.searchsorted(arrivals, start, side="left")
    gone = np.searchsorted(ends, start, side="right")
    begun = np.searchsorted(firsts, start, side="right")
    lasting = np.maximum(end - first, 1e-9)
    decoded, prefilled = _decoder_seconds(first, end), _prefilled(requests)
    # Prompts of one iteration get their first tokens together, up to what clocks can tell.
    return Company(
        inside=np.maximum(0, came - gone),
        decoding=np.maximum(0, begun - gone),
        batch=np.maximum(1.0, (decoded(end) - decoded(first)) / lasting),
        prefill=prefilled(end + CLOCK) - prefilled(first + CLOCK),
    )


def _decoder_seconds(first: np.ndarray, end: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The integral of the number of requests between their first token and their last, up to some times, (T,) s."""
    times = np.concatenate([first, end])
    order = np.argsort(times, kind="stable")
    times = times[order]
    number = np.cumsum(np.concatenate([np.ones(len(first)), -np.ones(len(end))])[order])
    sums = np.concatenate([[0.0], np.cumsum(number[:-1] * np.diff(times))])
    return lambda at: np.interp(at, times, sums)


def _prefilled(requests: Requests) -> Callable[[np.ndarray], np.ndarray]:
    """Prompt tokens whose answers have begun by some times, (T,) s."""
    order = np.argsort(requests.first, kind="stable")
    times = requests.first[order]
    sums = np.concatenate([[0.0], np.cumsum(requests.prompt_tokens[order])])
    return lambda at: sums[np.searchsorted(times, at, side="right")]
