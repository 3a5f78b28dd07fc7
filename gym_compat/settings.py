"""The keyword arguments of both environments: what they mean, checked once, and kept for people to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike, fspath
from typing import Any, TypedDict, TypeVar, Unpack

import numpy as np
from gymnasium import spaces

from jax_router import DEFAULT_MODELS, ModelConfig, Params, RewardConfig, Traffic, make_params


class Settings(TypedDict, total=False):
    """What `LLMRouterEnv` and `LLMRouterVectorEnv` take; whatever is left out (or None) is the scenario's.

    Models, reward and traffic may also be plain data, so that an environment fits into a YAML file and
    `env.spec.to_json()` can be read back.
    """

    scenario: str  # one of jax_router.SCENARIOS; default: "default"
    models: Sequence[ModelConfig | Mapping[str, Any]] | None  # the fleet, in the order of the actions
    reward_config: RewardConfig | Mapping[str, float] | None  # all weights of the reward
    traffic: Traffic | str | PathLike[str] | None  # prompts and load, or the path of a request trace
    episode_length: int | None  # prompts an episode, at least 1
    budget: float | None  # USD an episode, above 0
    max_queue_depth: float | None  # requests, above 0
    arrival_mean: float | None  # requests that join a queue with a mean prompt at mean load
    drain_low: float | None  # smallest share of a queue left after a step
    drain_high: float | None  # largest such share
    slowdown: float | None  # a full queue multiplies latency by 1 + slowdown
    length_weight: float | None  # 1 where arrivals scale with the prompt's length, 0 where they do not
    load_amplitude: float | None  # of the synthetic load around its mean of 1
    steps_per_day: float | None  # prompts a simulated day
    gap_floor: float | None  # the quality gap at complexity 0
    gap_slope: float | None  # how the gap grows with complexity


@dataclass(frozen=True)
class Problem:
    """A routing problem as its user wrote it, and as `Params` for the simulator."""

    params: Params
    scenario: str
    models: tuple[ModelConfig, ...]
    reward_config: RewardConfig
    episode_length: int  # prompts
    budget: float  # USD an episode
    max_queue_depth: float  # requests

    @property
    def observation_space(self) -> spaces.Box:
        return spaces.Box(0.0, 1.0, (len(self.models) + 4,), np.float32)

    @property
    def action_space(self) -> spaces.Discrete:
        return spaces.Discrete(len(self.models))


def make_problem(**settings: Unpack[Settings]) -> Problem:
    """Check the keyword arguments of an environment.

    Raises:
        TypeError: for a keyword that is not in `Settings`.
        ValueError: one line that names the field, the value and what is allowed.
    """
    _check_keywords("the environment", settings, list(Settings.__annotations__))
    given: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    scenario = given.pop("scenario", "default")
    models = _models(given.pop("models", DEFAULT_MODELS))
    reward_config = given.pop("reward_config", None)
    if isinstance(reward_config, Mapping):
        reward_config = _from_plain("reward_config", RewardConfig, reward_config)
    traffic = given.pop("traffic", None)
    if isinstance(traffic, str | PathLike):
        traffic = Traffic.from_trace(fspath(traffic))
    params = make_params(scenario, models, reward_config, traffic, **given)
    return Problem(
        params=params,
        scenario=scenario,
        models=models,
        reward_config=_reward_config(params) if reward_config is None else reward_config,
        # What was given, where it was given: float32 has no 0.1.
        episode_length=int(params.episode_length),
        budget=float(given.get("budget", params.budget)),
        max_queue_depth=float(given.get("max_queue_depth", params.congestion.max_queue_depth)),
    )


class HasProblem:
    """The attributes by which an environment tells what it was made with; they cannot be set."""

    problem: Problem

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        return self.problem.scenario

    @property
    def models(self) -> tuple[ModelConfig, ...]:
        """The fleet; the position of a model is the action that routes to it."""
        return self.problem.models

    @property
    def reward_config(self) -> RewardConfig:
        """The weights of the reward."""
        return self.problem.reward_config

    @property
    def episode_length(self) -> int:
        """Prompts an episode."""
        return self.problem.episode_length

    @property
    def budget(self) -> float:
        """USD an episode."""
        return self.problem.budget

    @property
    def max_queue_depth(self) -> float:
        """Requests a queue holds at most."""
        return self.problem.max_queue_depth


def _models(models: object) -> tuple[ModelConfig, ...]:
    if isinstance(models, str | Mapping) or not isinstance(models, Sequence):
        raise ValueError(f"models is {models!r}; it must be a list of ModelConfig")
    return tuple(
        _from_plain(f"models[{i}]", ModelConfig, model) if isinstance(model, Mapping) else model
        for i, model in enumerate(models)
    )


Config = TypeVar("Config", ModelConfig, RewardConfig)


def _from_plain(where: str, config_type: type[Config], plain: Mapping[str, Any]) -> Config:
    _check_keywords(where, plain, [field.name for field in fields(config_type)], ValueError)
    try:
        return config_type(**plain)
    except TypeError as error:  # a field is missing
        raise ValueError(f"{where}: {str(error).removeprefix(f'{config_type.__name__}.__init__() ')}") from None


def _check_keywords(
    where: str, given: Mapping[str, object], allowed: Sequence[str], error: type[Exception] = TypeError
) -> None:
    for name in given:
        if name not in allowed:
            raise error(f"{where} has no setting {name!r}; allowed are {', '.join(allowed)}")


def _reward_config(params: Params) -> RewardConfig:
    return RewardConfig(**{field.name: float(getattr(params.reward, field.name)) for field in fields(RewardConfig)})
