"""Timing that a busy machine does not spoil: rivals in turns, compared turn by turn, as medians with their range."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LARGEST_SIZE = 10**6

Run = Callable[[], int]
"""Makes some steps, waits for them, and returns how many."""


@dataclass(frozen=True)
class Rate:
    """Steps per second, one number a turn."""

    name: str
    steps_per_second: list[float]

    @property
    def median(self) -> float:
        """Steps/s."""
        return statistics.median(self.steps_per_second)

    @property
    def spread(self) -> str:
        """The slowest and the fastest turn, steps/s."""
        return f"{min(self.steps_per_second):,.0f} .. {max(self.steps_per_second):,.0f}"

    def over(self, other: "Rate") -> float:
        """The median over the turns of how many times faster this one was than the other one beside it."""
        return statistics.median(self.ratios(other))

    def ratios(self, other: "Rate") -> list[float]:
        """How many times faster than the other one, one number a turn."""
        pairs = zip(self.steps_per_second, other.steps_per_second, strict=True)
        return [mine / theirs for mine, theirs in pairs]


def in_turns(runs: Mapping[str, Run], repeats: int) -> list[Rate]:
    """Time every run once, then again, and so on; one round goes before and does not count."""
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            steps = run()
            if repeat:
                rates[name].append(steps / (time.perf_counter() - start))
    return [Rate(name, values) for name, values in rates.items()]


def size_for(seconds: float, run: Callable[[int], object]) -> int:
    """The size, at most `LARGEST_SIZE`, with which `run(size)` takes about `seconds`: found by growing it from 1."""
    size = 1
    run(size)  # whatever happens at a first call only
    while True:
        start = time.perf_counter()
        run(size)
        taken = time.perf_counter() - start
        if taken >= seconds / 2 or size >= LARGEST_SIZE:
            return min(max(1, round(size * seconds / taken)), LARGEST_SIZE)
        # Small sizes are mostly overhead and promise too little: grow at least twofold, and with care.
        size = math.ceil(size * min(max(2.0, 0.8 * seconds / taken), 16.0))
