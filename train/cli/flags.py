"""The flags that commands share, each written once with its help and its check.

A command inherits those it needs, or takes them as a group: `problem: tyro.conf.OmitArgPrefixes[ProblemFlags]`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jax_router.internal.checks import check_whole_number


@dataclass(frozen=True)
class ScenarioFlags:
    """Which routing problem it is, and what it may cost."""

    scenario: str = "default"
    """Take this scenario, such as default or tight_budget; each environment has its own."""
    budget: float | None = None
    """Give every episode a budget of this many USD instead of the scenario's."""


@dataclass(frozen=True)
class SubstituteFlags:
    """What replaces parts of the scenario; None leaves the scenario's own."""

    fleet: Path | None = None
    """Route to the models of this TOML file, one [[models]] table each, instead of the preset models."""
    trace: Path | None = None
    """Take the traffic from this CSV request trace (TIMESTAMP, ContextTokens and, if there is one, complexity)."""
    trace_outliers: Literal["refuse", "drop"] = "refuse"
    """Refuse a trace with requests that lie years away from all others, or drop those requests."""
    episode_length: int | None = None
    """Let an episode have this many prompts instead of as many as the scenario says."""


@dataclass(frozen=True)
class ProblemFlags(SubstituteFlags, ScenarioFlags):
    """Which routing problem it is; None leaves the scenario's own."""


@dataclass(frozen=True)
class TimestepsFlags:
    """How long an agent learns."""

    total_timesteps: int = 100_000
    """Let each agent learn from this many environment steps, rounded down to whole batches."""


@dataclass(frozen=True)
class SeedFlags:
    """Where random numbers come from."""

    seed: int = 0
    """Let everything random follow from this number; where there are several seeds, it is the first."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--seed", self.seed, at_least=0)


@dataclass(frozen=True)
class SeedsFlags(SeedFlags):
    """Where random numbers come from, and how many agents learn from different ones."""

    num_seeds: int = 1
    """Train this many agents, of the seeds from --seed on; each of them is what it would be alone."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_whole_number("--num-seeds", self.num_seeds, at_least=1)


@dataclass(frozen=True)
class EpisodesFlags:
    """What numbers are measured on."""

    episodes: int = 256
    """Run every strategy through this many episodes, the same for all of them."""

    def check(self, at_least: int = 1) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--episodes", self.episodes, at_least=at_least)


@dataclass(frozen=True)
class TuningFlags(EpisodesFlags):
    """What numbers are measured on, and what the tuned strategies are tuned on before."""

    tuning_episodes: int = 32
    """Tune the tuned strategies on this many other episodes for each candidate; 0 leaves these strategies out."""

    def check(self, at_least: int = 1) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check(at_least)
        check_whole_number("--tuning-episodes", self.tuning_episodes, at_least=0)
