"""The numbers of a routing problem that are no property of a model or of the reward."""

from dataclasses import dataclass
from typing import Any, TypedDict

from jax_router.internal.checks import check_number, check_whole_number
from jax_router.v1.lengths import MEASURED


@dataclass(frozen=True)
class Settings:
    """The numbers of docs/dynamics-v1.md with the defaults of the scenario `default`.

    Raises `ValueError`: one line that names the field, the value and what is allowed.
    """

    episode_length: float = 1000
    """Prompts an episode, a whole number of at least 1."""
    budget: float = 5.0
    """USD an episode, above 0."""
    rate: float = 6.0
    """Prompts/s at mean load and outside of pauses, above 0; where a trace is replayed, the factor on its speed."""
    burst_std: float = 0.3
    """Standard deviation of the logarithm of the rate (a Cox process), 0 .. 3; 0: none."""
    burst_time: float = 30.0
    """How long the rate remembers, s, above 0."""
    pause_prob: float = 0.0
    """Probability that a pause follows a prompt (ON/OFF traffic), 0 .. 1; 0: none."""
    pause_mean: float = 0.0
    """Mean length of a pause, s, at least 0."""
    load_amplitude: float = 0.5
    """Of the load's sine around its mean of 1, 0 .. 1."""
    day_seconds: float = 86_400.0
    """Length of a simulated day, s, at least 1."""
    lengths: str = "conv"
    """Which measured tables the lengths are drawn from: "conv" or "code"."""
    follow_up: float = 0.0
    """Probability that a prompt continues a session, 0 .. 1."""
    sessions: float = 64.0
    """Sessions that are alive, at least 1."""
    patience: float = 20.0
    """How long a user waits for a slot, s, at least 0."""
    retry_delay: float = 0.5
    """How long a refused prompt takes to its fallback, s, at least 0."""
    beta: float = 1.2
    """How strongly answers depend on the prompt's ease, which all models share, 0 .. 10."""
    rho: float = 0.65
    """How much of the ease the router sees, -1 .. 1; with a table of qualities it has no meaning."""
    kappa: float = 0.25
    """How much of what is a model's own the router sees, 0 .. 0.99; with a table of qualities it has no meaning."""

    def __post_init__(self) -> None:
        check_whole_number("episode_length", self.episode_length, at_least=1)
        for name in ("budget", "rate", "burst_time"):
            check_number(name, getattr(self, name), above=0)
        for name in ("pause_mean", "patience", "retry_delay"):
            check_number(name, getattr(self, name), at_least=0)
        for name in ("pause_prob", "load_amplitude", "follow_up"):
            check_number(name, getattr(self, name), at_least=0, at_most=1)
        for name in ("day_seconds", "sessions"):
            check_number(name, getattr(self, name), at_least=1)
        check_number("burst_std", self.burst_std, at_least=0, at_most=3)
        check_number("beta", self.beta, at_least=0, at_most=10)
        check_number("rho", self.rho, at_least=-1, at_most=1)
        check_number("kappa", self.kappa, at_least=0, at_most=0.99)
        if not isinstance(self.lengths, str) or self.lengths not in MEASURED:
            allowed = " or ".join(repr(name) for name in MEASURED)
            raise ValueError(f"lengths is {self.lengths!r}; it must be {allowed}; other lengths come with a Traffic")


class GivenSettings(TypedDict, total=False):
    """`Settings` as keyword arguments: what is left out (or None) is the scenario's."""

    episode_length: float | None
    budget: float | None
    rate: float | None
    burst_std: float | None
    burst_time: float | None
    pause_prob: float | None
    pause_mean: float | None
    load_amplitude: float | None
    day_seconds: float | None
    lengths: str | None
    follow_up: float | None
    sessions: float | None
    patience: float | None
    retry_delay: float | None
    beta: float | None
    rho: float | None
    kappa: float | None


def given_settings(settings: GivenSettings) -> dict[str, Any]:
    """Those that were given; raises `TypeError` for a name that is none of them."""
    for name in settings:
        if name not in GivenSettings.__annotations__:
            raise TypeError(f"make_params() got an unexpected keyword argument {name!r}")
    return {name: value for name, value in settings.items() if value is not None}
