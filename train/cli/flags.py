"""The flags that commands share, each written once with its help and its check.

A command inherits those it needs, or takes them as a group: `problem: tyro.conf.OmitArgPrefixes[ProblemFlags]`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jax_router import versions
from jax_router.internal.checks import check_number, check_whole_number


@dataclass(frozen=True)
class ScenarioFlags:
    """The flags for the scenario and the budget."""

    scenario: str = "default"
    """Take this scenario, such as default or tight_budget; each environment has its own."""
    budget: float | None = None
    """Give every episode a budget of this many USD instead of the scenario's."""


@dataclass(frozen=True)
class SubstituteFlags:
    """The flags that replace parts of the scenario; None leaves the scenario's own."""

    problem: Path | None = None
    """Take the whole problem from this folder, which python -m jax_router.fit wrote, instead of a scenario."""
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
    """The flags for the routing problem; None leaves the scenario's own value."""


@dataclass(frozen=True)
class RouterFlags(ProblemFlags):
    """The flags for the routing problem and for the environment that it belongs to."""

    env: str = versions.DEFAULT
    """Route in this environment, LLMRouter-v0 or LLMRouter-v1."""

    def check(self) -> None:
        """Raise a `ValueError` that names the flag for an environment that is none of ours."""
        if self.env not in versions.ENVIRONMENTS:
            raise ValueError(f"--env is {self.env!r}; it must be {' or '.join(versions.ENVIRONMENTS)}")


@dataclass(frozen=True)
class TimestepsFlags:
    """The flag for how long an agent learns."""

    total_timesteps: int = 100_000
    """Let each agent learn from this many environment steps, rounded down to whole batches."""


@dataclass(frozen=True)
class SeedFlags:
    """The flag for the seed of random numbers."""

    seed: int = 0
    """Derive all random numbers from this seed; with several seeds, it is the first one."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--seed", self.seed, at_least=0)


@dataclass(frozen=True)
class SeedsFlags(SeedFlags):
    """The flags for the seed of random numbers, and for the number of agents with different seeds."""

    num_seeds: int = 1
    """Train this many agents, with the seeds from --seed on; each of them learns what it would learn alone."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_whole_number("--num-seeds", self.num_seeds, at_least=1)


@dataclass(frozen=True)
class BoundFlags:
    """The flag for the upper bound that stands beside strategies."""

    bound_seconds: float = 60.0
    """Look for the upper bound on any policy for about this long, s; less gives a weaker bound, 0 leaves it out."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_number("--bound-seconds", self.bound_seconds, at_least=0)


@dataclass(frozen=True)
class EpisodesFlags:
    """The flag for the episodes that strategies are evaluated on."""

    episodes: int = 256
    """Run every strategy through this many episodes, the same for all of them."""

    def check(self, at_least: int = 1) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--episodes", self.episodes, at_least=at_least)


@dataclass(frozen=True)
class TuningFlags(EpisodesFlags):
    """The flags for the episodes of the evaluation, and for those that strategies are tuned on before."""

    tuning_episodes: int = 32
    """Run every candidate of the tuned strategies through this many other episodes; 0 leaves these strategies out."""

    def check(self, at_least: int = 1) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check(at_least)
        check_whole_number("--tuning-episodes", self.tuning_episodes, at_least=0)
