"""The keyword arguments of the Gymnasium environments of LLMRouter-v0."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Unpack

from gym_compat.problem import Problem, make_problem
from jax_router import v0, versions
from jax_router.v0.settings import GivenSettings


class EnvSettings(GivenSettings, total=False):
    """What `LLMRouterEnv` and `LLMRouterVectorEnv` take; whatever is left out (or None) is the scenario's.

    The numbers among them are the fields of `jax_router.v0.settings.Settings`. Models, reward and traffic may also be
    plain data.
    """

    scenario: str  # one of jax_router.SCENARIOS; default: "default"
    models: Sequence[v0.ModelConfig | Mapping[str, Any]] | None  # the fleet, in the order of the actions
    reward_config: v0.RewardConfig | Mapping[str, float] | None  # all weights of the reward
    traffic: v0.Traffic | str | PathLike[str] | None  # prompts and load, or the path of a request trace


class HasSettings:
    """What the environments of LLMRouter-v0 tell beside what all environments tell."""

    problem: Problem

    @property
    def max_queue_depth(self) -> float:
        """Requests a queue holds at most."""
        return max_queue_depth(self.problem)


def checked(**settings: Unpack[EnvSettings]) -> Problem:
    """The problem of these keyword arguments; raises what `gym_compat.problem.make_problem` raises."""
    allowed = ("scenario", "models", "reward_config", "traffic", *GivenSettings.__annotations__)
    return make_problem(versions.load(v0.SIMULATOR.name), settings, allowed)


def max_queue_depth(problem: Problem) -> float:
    """Requests a queue holds at most, as the user wrote it."""
    assert isinstance(problem.params, v0.Params)
    return float(problem.given.get("max_queue_depth", problem.params.congestion.max_queue_depth))
