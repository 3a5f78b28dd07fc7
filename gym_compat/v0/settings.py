"""The keyword arguments of the Gymnasium environments of LLMRouter-v0."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, Unpack

from gym_compat.problem import Problem, make_problem
from gym_compat.v0.observed import WITH_QUALITY_REQUIRED
from jax_router import v0, versions
from jax_router.v0.settings import GivenSettings


class EnvSettings(GivenSettings, total=False):
    """The keyword arguments of `LLMRouterEnv` and `LLMRouterVectorEnv`; the scenario sets those missing or None.

    The numbers among them are the fields of `jax_router.v0.settings.Settings`. Models, reward and traffic may also be
    plain data.
    """

    scenario: str  # one of jax_router.SCENARIOS; default: "default"
    models: Sequence[v0.ModelConfig | Mapping[str, Any]] | None  # the fleet, in the order of the actions
    reward_config: v0.RewardConfig | Mapping[str, float] | None  # all weights of the reward
    traffic: v0.Traffic | str | PathLike[str] | None  # prompts and load, or the path of a request trace
    observe_quality_required: bool  # one number more to observe: the quality that the prompt requires; default: False


class HasSettings:
    """Read-only attributes that the environments of LLMRouter-v0 have besides those of all environments."""

    problem: Problem

    @property
    def max_queue_depth(self) -> float:
        """The most requests that a queue holds."""
        return max_queue_depth(self.problem)


def checked(**settings: Unpack[EnvSettings]) -> Problem:
    """Make the problem of these keyword arguments; raises what `gym_compat.problem.make_problem` raises."""
    allowed = ("scenario", "models", "reward_config", "traffic", *GivenSettings.__annotations__)
    observed = settings.pop("observe_quality_required", False)
    if not isinstance(observed, bool):
        raise ValueError(f"observe_quality_required is {observed!r}; it must be True or False")
    problem = make_problem(versions.load(v0.SIMULATOR.name), settings, (*allowed, "observe_quality_required"))
    if not observed:
        return problem
    assert isinstance(problem.params, v0.Params)
    return replace(problem, params=replace(problem.params, simulator=WITH_QUALITY_REQUIRED))


def max_queue_depth(problem: Problem) -> float:
    """Return the most requests that a queue holds, as the user wrote the number."""
    assert isinstance(problem.params, v0.Params)
    return float(problem.given.get("max_queue_depth", problem.params.congestion.max_queue_depth))
