"""Timing on a busy machine: rivals run in turns and are compared turn by turn, by medians with their range."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LARGEST_SIZE = 10**6

Run = Callable[[], int]
"""A function that makes some steps, waits for them, and returns how many they are."""


@dataclass(frozen=True)
class Rate:
    """Steps per second, one number a turn."""

    name: str
    steps_per_second: list[float]

    @property
    def median(self) -> float:
        """The median rate, steps/s."""
        return statistics.median(self.steps_per_second)

    @property
    def spread(self) -> str:
        """The rates of the slowest and the fastest turn, steps/s, as text."""
        return f"{min(self.steps_per_second):,.0f} .. {max(self.steps_per_second):,.0f}"

    def over(self, other: "Rate") -> float:
        """Return how many times faster this one was than the other one: the median of the turns' ratios."""
        return statistics.median(self.ratios(other))

    def ratios(self, other: "Rate") -> list[float]:
        """Return how many times faster this one was than the other one, one number a turn."""
        pairs = zip(self.steps_per_second, other.steps_per_second, strict=True)
        return [mine / theirs for mine, theirs in pairs]


def in_turns(runs: Mapping[str, Run], repeats: int) -> list[Rate]:
    """Time all runs one after the other, `repeats` times; one round before that does not count."""
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            steps = run()
            if repeat:
                rates[name].append(steps / (time.perf_counter() - start))
    return [Rate(name, values) for name, values in rates.items()]


def size_for(seconds: float, run: Callable[[int], object]) -> int:
    """Return the size, at most `LARGEST_SIZE`, with which `run(size)` takes about `seconds`; it is grown from 1."""
    size = 1
    run(size)  # leaves out of the timing what only a first call does
    while True:
        start = time.perf_counter()
        run(size)
        taken = time.perf_counter() - start
        if taken >= seconds / 2 or size >= LARGEST_SIZE:
            return min(max(1, round(size * seconds / taken)), LARGEST_SIZE)
        # Small sizes are mostly overhead, so that estimates from them are too small: grow at least twofold each time.
        size = math.ceil(size * min(max(2.0, 0.8 * seconds / taken), 16.0))
