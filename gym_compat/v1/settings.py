"""The keyword arguments of the Gymnasium environments of LLMRouter-v1."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Unpack

from gym_compat.problem import Problem, make_problem
from jax_router import v1, versions
from jax_router.v1.settings import GivenSettings


class EnvSettings(GivenSettings, total=False):
    """What `LLMRouterV1Env` and `LLMRouterV1VectorEnv` take; whatever is left out (or None) is the scenario's.

    The numbers among them are the fields of `jax_router.v1.settings.Settings`. Models, reward and traffic may also be
    plain data.
    """

    scenario: str  # one of jax_router.v1.SCENARIOS; default: "default"
    models: Sequence[v1.ModelConfig | Mapping[str, Any]] | None  # the fleet, in the order of the actions
    reward_config: v1.RewardConfig | Mapping[str, float] | None  # all weights of the reward
    traffic: v1.Traffic | str | PathLike[str] | None  # lengths and load, or the path of a trace to replay
    quality: v1.QualityTable | None  # measured shares of good answers
    problem: str | PathLike[str] | None  # a folder that `python -m jax_router.fit` wrote, in place of a scenario


def checked(**settings: Unpack[EnvSettings]) -> Problem:
    """The problem of these keyword arguments; raises what `gym_compat.problem.make_problem` raises."""
    allowed = ("scenario", "models", "reward_config", "traffic", "quality", "problem", *GivenSettings.__annotations__)
    return make_problem(versions.load(v1.SIMULATOR.name), settings, allowed)
