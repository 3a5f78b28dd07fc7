"""The numbers of a routing problem that are no property of a model, of the traffic or of the reward."""

from dataclasses import dataclass
from typing import TypedDict

from jax_router.internal.checks import check_number, check_whole_number


@dataclass(frozen=True)
class Settings:
    """The numbers of docs/dynamics.md with the defaults of the scenario `default`.

    Raises `ValueError`: one line that names the field, the value and what is allowed.
    """

    episode_length: float = 1000
    """Prompts an episode, a whole number of at least 1."""
    budget: float = 10.0
    """USD an episode, above 0."""
    max_queue_depth: float = 50.0
    """Requests that a queue holds at most, above 0."""
    arrival_mean: float = 2.0
    """Requests that join a queue with a mean prompt at mean load, at least 0."""
    drain_low: float = 0.90
    """Smallest share of a queue that is left after a step, 0 .. `drain_high`."""
    drain_high: float = 0.98
    """Largest such share, `drain_low` .. 1."""
    slowdown: float = 2.0
    """A full queue multiplies latency by 1 + slowdown; at least 0."""
    length_weight: float = 1.0
    """1 where arrivals scale with the prompt's length, 0 where they do not."""
    load_amplitude: float = 0.5
    """Of the synthetic load around its mean of 1, 0 .. 1."""
    steps_per_day: float = 1440.0
    """Prompts a simulated day, at least 1."""
    gap_floor: float = -1.0
    """The quality gap at complexity 0 (cut off at 0), any number."""
    gap_slope: float = 6.7
    """How the gap grows with complexity, at least 0."""

    def __post_init__(self) -> None:
        check_whole_number("episode_length", self.episode_length, at_least=1)
        for name in ("budget", "max_queue_depth"):
            check_number(name, getattr(self, name), above=0)
        for name in ("arrival_mean", "slowdown", "gap_slope"):
            check_number(name, getattr(self, name), at_least=0)
        check_number("gap_floor", self.gap_floor)
        check_number("steps_per_day", self.steps_per_day, at_least=1)
        check_number("length_weight", self.length_weight, at_least=0, at_most=1)
        for name in ("drain_low", "drain_high"):
            check_number(name, getattr(self, name), at_least=0, at_most=1)
        if self.drain_low > self.drain_high:
            raise ValueError(f"drain_low is {self.drain_low:g}; it must be at most drain_high, {self.drain_high:g}")


class GivenSettings(TypedDict, total=False):
    """`Settings` as keyword arguments: what is left out (or None) is the scenario's."""

    episode_length: float | None
    budget: float | None
    max_queue_depth: float | None
    arrival_mean: float | None
    drain_low: float | None
    drain_high: float | None
    slowdown: float | None
    length_weight: float | None
    load_amplitude: float | None
    steps_per_day: float | None
    gap_floor: float | None
    gap_slope: float | None
