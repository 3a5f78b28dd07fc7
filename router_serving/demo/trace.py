"""A bursty trace of prompts: when they come, how long they and their answers are, and of which category they are.

    python -m router_serving.demo.trace --seconds 3600 --seed 100 trace.csv

writes one in the columns of the Azure LLM inference traces, for `python -m train.ppo --trace`.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from router_serving.files import write_text

CATEGORIES = {
    "chat": (0.30, 250.0, 90.0),
    "extraction": (0.20, 900.0, 60.0),
    "summary": (0.15, 1400.0, 150.0),
    "translation": (0.10, 400.0, 180.0),
    "code": (0.15, 600.0, 220.0),
    "maths": (0.10, 200.0, 260.0),
}
"""How frequent prompts of each category are, and the mean tokens of prompt and answer."""
SPREAD = 0.5
"""Standard deviation of the logarithm of a length within its category."""
RATE = 0.6
"""Prompts/s in the trace; the demo replays it ten times as fast."""
SPEED = 10.0
"""How many times as fast the demo replays it."""
BURST_STD, BURST_TIME = 0.6, 60.0
"""The rate's logarithm is an Ornstein-Uhlenbeck process with this deviation and memory (s of the trace)."""


@dataclass(frozen=True)
class Trace:
    """R prompts in the order of their times."""

    seconds: np.ndarray
    """(R,) s since the trace began."""
    prompt_tokens: np.ndarray
    """(R,) int64, tokens."""
    answer_tokens: np.ndarray
    """(R,) int64, tokens."""
    categories: tuple[str, ...]
    """R names."""

    def first(self, count: int) -> "Trace":
        """The first prompts alone."""
        seconds, prompts, answers = self.seconds[:count], self.prompt_tokens[:count], self.answer_tokens[:count]
        return Trace(seconds, prompts, answers, self.categories[:count])


def make_trace(seed: int, seconds: float, rate: float = RATE) -> Trace:
    """Draw a trace of so many s, from one seed."""
    random = np.random.default_rng(seed)
    times = _arrivals(random, seconds, rate)
    shares = np.array([share for share, _, _ in CATEGORIES.values()])
    which = random.choice(len(CATEGORIES), size=len(times), p=shares)
    means = np.array([[prompt, answer] for _, prompt, answer in CATEGORIES.values()])[which]
    lengths = means * np.exp(SPREAD * random.standard_normal(means.shape) - SPREAD**2 / 2)
    whole = np.maximum(1, lengths.round()).astype(np.int64)
    names = tuple(CATEGORIES)
    return Trace(times, whole[:, 0], whole[:, 1], tuple(names[k] for k in which))


def _arrivals(random: np.random.Generator, seconds: float, rate: float) -> np.ndarray:
    """Times of a Cox process, s: in steps of 1 s, a Poisson number of prompts at even times."""
    kept = np.exp(-1.0 / BURST_TIME)
    burst = random.standard_normal()
    times: list[float] = []
    for second in range(int(seconds)):
        count = random.poisson(rate * np.exp(BURST_STD * burst - BURST_STD**2 / 2))
        times.extend(second + np.sort(random.random(count)))
        burst = kept * burst + np.sqrt(1 - kept**2) * random.standard_normal()
    return np.array(times)


def write_azure(path: Path, trace: Trace, speed: float) -> None:
    """Write a trace that is `speed` times as fast as a new CSV file. Raises `FileExistsError` where there is one."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = ["TIMESTAMP,ContextTokens,GeneratedTokens"]
    for second, prompt, answer in zip(trace.seconds, trace.prompt_tokens, trace.answer_tokens, strict=True):
        time = start + timedelta(seconds=float(second) / speed)
        lines.append(f"{time:%Y-%m-%d %H:%M:%S.%f},{prompt},{answer}")
    write_text(path, "\n".join(lines) + "\n")


def main(args: Sequence[str] | None = None) -> None:
    """Write a trace for training."""
    parser = argparse.ArgumentParser(prog="python -m router_serving.demo.trace", description="Write a bursty trace.")
    parser.add_argument("path", type=Path, help="a new CSV file")
    parser.add_argument("--seconds", type=float, default=36_000.0, help="of the trace, before it is sped up")
    parser.add_argument("--seed", type=int, default=100, help="draw it from this seed")
    parser.add_argument("--speed", type=float, default=SPEED, help="how many times as fast it is written")
    given = parser.parse_args(args)
    write_azure(given.path, make_trace(given.seed, given.seconds), given.speed)


if __name__ == "__main__":
    main()
