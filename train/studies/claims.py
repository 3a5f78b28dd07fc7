"""What is measured and claimed of the agents of an environment: each environment's folder here says so in `claims`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import numpy as np

from jax_router import versions
from jax_router.episodes import Episodes
from jax_router.policy import Policy
from jax_router.simulator import AnyParams
from train.agents.strategies import as_strategy
from train.algorithm.config import Config, Learning, Problem, Run
from train.evaluation.comparison import Evaluation
from train.run.trained import trained_policies

CLAIMED_ON = "default"
"""The scenario that most claims are about."""


@dataclass(frozen=True)
class Claim:
    """A claim in one sentence, and whether it held."""

    sentence: str
    holds: bool

    @property
    def bullet(self) -> str:
        """The claim as a line of a list in Markdown."""
        return f"- {'holds' if self.holds else 'DOES NOT HOLD'}: {self.sentence}"


@dataclass(frozen=True)
class Effort:
    """How much is trained and measured."""

    num_seeds: int
    """Agents of the short run on each scenario."""
    short_timesteps: int
    """Environment steps that each of them learns from."""
    long_seeds: int
    """Agents of the long run on each scenario, where an environment needs long runs."""
    long_timesteps: int
    """Environment steps that an agent of the long run learns from."""
    priced_seeds: int
    """Priced policies on each scenario that needs policies of its own."""
    priced_timesteps: int
    """Environment steps that each of them learns from."""
    num_episodes: int
    """Episodes that all strategies run through."""
    tuning_episodes: int
    """Other episodes, for each candidate of the tuned strategies."""
    fresh_seeds: int = 0
    """Further agents of the short run, of seeds that chose no setting, on the scenarios of `FRESH`; 0 trains none."""
    bound_seconds: float = 0.0
    """For how long to look for the upper bound of each scenario, about; 0 leaves it out."""


@dataclass(frozen=True)
class PacedScores:
    """Priced policies of S seeds with the pacer on one scenario, over the same episodes."""

    budget: float
    """The budget of an episode, USD."""
    reward: np.ndarray
    """The mean reward of an episode for each seed, (S,) float64."""
    wrong_reward: np.ndarray
    """The mean reward with a first price that is wrong by each of `WRONG_FACTORS`, (2, S) float64."""
    most_over: float
    """The overspending of the worst of all these episodes, USD; negative if each of them had some budget left."""
    fewest_prompts: float
    """The share of its prompts that the worst episode served; 1 if no episode ran out of budget."""


@dataclass(frozen=True)
class Limit:
    """A rule, and the share of all agents that have to earn more than it does."""

    rule: str
    """The name of the rule among the strategies of an evaluation."""
    share: float
    """The least share of the agents."""
    tolerance: float = 0.0
    """How much less than the rule an agent may earn; above 0 where the rule is the best that there is."""

    def above(self, rewards: np.ndarray, evaluation: Evaluation) -> int:
        """Count the agents, with the mean rewards (S,), that earn more than the rule does in this evaluation."""
        return int((rewards > evaluation.scores[self.rule].reward.mean - self.tolerance).sum())


class Claims(Protocol):
    """The names that the module `claims` of an environment has."""

    SCENARIOS: tuple[str, ...]
    """The scenarios that are measured."""
    TRAINED_ON: Mapping[str, str]
    """The scenario that the priced policies of each scenario are trained on; another budget needs no other policy."""

    FRESH: Mapping[str, Sequence[Limit]]
    """The scenarios on which agents of many fresh seeds are trained, each with the rules that they have to beat."""

    def agents(self, problem: Problem, effort: Effort) -> dict[str, Policy]:
        """Train the agents of a scenario, and return them by name; the names of those with several seeds say it."""

    def spent(self, episodes: Episodes, params: AnyParams) -> np.ndarray:
        """Return what each of E episodes cost, (E,) float64, USD."""

    def plain_claims(self, evaluations: Mapping[str, Evaluation]) -> list[Claim]:
        """Check what is claimed of the agents, from the evaluations of the scenarios that were measured."""

    def priced_claims(self, evaluations: Mapping[str, Evaluation], results: Mapping[str, PacedScores]) -> list[Claim]:
        """Check what is claimed of priced policies, from the scenarios that were measured."""

    def summaries(self, evaluations: Mapping[str, Evaluation]) -> list[str]:
        """Return sections of the page, in Markdown, that stand before the tables of the scenarios."""


def claims_of(environment: str) -> Claims:
    """Return what is claimed of an environment of `jax_router.versions`."""
    short = versions.load(environment).__name__.split(".")[-1]
    return cast(Claims, import_module(f"train.studies.{short}.claims"))


def trained(problem: Problem, learning: Learning, num_seeds: int) -> dict[int, Policy]:
    """Train an agent of each seed, and return strategies that act greedily, by seed."""
    policies = trained_policies(Config(problem, learning, Run(num_seeds=num_seeds)))
    return {seed: as_strategy(policy) for seed, policy in policies.items()}


def rewards_of_seeds(evaluation: Evaluation) -> np.ndarray:
    """Return the mean reward of the agent of every seed, (S,) float64."""
    return np.array([score.reward.mean for name, score in evaluation.scores.items() if name.startswith(SEED)])


SEED = "ppo, seed "
"""How the names of agents begin that differ in their seed alone."""


def span(rewards: np.ndarray) -> str:
    """Write the least and the most of some rewards, or one of them if they are written alike."""
    low, high = f"{rewards.min():.1f}", f"{rewards.max():.1f}"
    return low if low == high else f"{low} to {high}"
