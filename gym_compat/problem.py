"""The routing problem of a Gymnasium environment, made from keyword arguments that are checked once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike, fspath
from typing import Any, TypeVar

import numpy as np
from gymnasium import spaces

from jax_router.simulator import AnyParams, observation_size
from jax_router.versions import Version, load_problem

Config = TypeVar("Config")


@dataclass(frozen=True)
class Problem:
    """A routing problem, both as its user specified it and as the parameters of its simulator."""

    params: AnyParams
    scenario: str
    models: tuple[Any, ...]  # the version's `ModelConfig`, each with a name
    reward_config: Any  # the version's `RewardConfig`
    given: Mapping[str, Any]  # the other settings, as far as the user gave them

    @property
    def episode_length(self) -> int:
        """The length of an episode, prompts."""
        return int(self.params.episode_length)

    @property
    def budget(self) -> float:
        """The budget of an episode, USD."""
        # A budget that was given is returned as it was given: float32 cannot represent 0.1.
        return float(self.given.get("budget", self.params.budget))

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the actions."""
        return tuple(model.name for model in self.models)

    @property
    def observation_space(self) -> spaces.Box:
        return spaces.Box(0.0, 1.0, (observation_size(self.params),), np.float32)

    @property
    def action_space(self) -> spaces.Discrete:
        return spaces.Discrete(len(self.models))


def make_problem(version: Version, settings: Mapping[str, Any], allowed: Collection[str]) -> Problem:
    """Check the keyword arguments of an environment.

    Models, reward and traffic may also be plain data, so that an environment fits into a YAML file and
    `env.spec.to_json()` can be read back.

    Args:
        version: the package of the environment.
        settings: `scenario`, `models`, `reward_config`, `traffic` and the settings of the version's `make_params`;
            a setting that is None counts as not given.
        allowed: the names that `settings` may have.

    Raises:
        TypeError: for a keyword that is not allowed.
        ValueError: one line that names the field, the value and what is allowed.
    """
    _check_keywords(settings, allowed)
    given = {name: value for name, value in settings.items() if value is not None}
    scenario = given.pop("scenario", "default")
    fitted = None if "problem" not in given else load_problem(given["problem"])
    models = _models(given.pop("models", version.DEFAULT_MODELS if fitted is None else fitted.models), version)
    reward_config = given.pop("reward_config", None)
    if isinstance(reward_config, Mapping):
        reward_config = _from_plain("reward_config", version.RewardConfig, reward_config)
    traffic = given.pop("traffic", None)
    if isinstance(traffic, str | PathLike):
        traffic = version.Traffic.from_trace(fspath(traffic))
    params = version.make_params(scenario, models, reward_config, traffic, **given)
    if reward_config is None:
        names = [field.name for field in fields(version.RewardConfig)]
        reward_config = version.RewardConfig(**{name: float(getattr(params.reward, name)) for name in names})
    return Problem(params, scenario, models, reward_config, given)


class HasProblem:
    """Read-only attributes that say which problem an environment was made with."""

    problem: Problem

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        return self.problem.scenario

    @property
    def models(self) -> tuple[Any, ...]:
        """The fleet; the position of a model is the action that routes to it."""
        return self.problem.models

    @property
    def reward_config(self) -> Any:
        """The weights of the reward."""
        return self.problem.reward_config

    @property
    def episode_length(self) -> int:
        """The length of an episode, prompts."""
        return self.problem.episode_length

    @property
    def budget(self) -> float:
        """The budget of an episode, USD."""
        return self.problem.budget


def _models(models: object, version: Version) -> tuple[Any, ...]:
    if isinstance(models, str | Mapping) or not isinstance(models, Sequence):
        raise ValueError(f"models is {models!r}; it must be a list of ModelConfig")
    return tuple(
        _from_plain(f"models[{i}]", version.ModelConfig, model) if isinstance(model, Mapping) else model
        for i, model in enumerate(models)
    )


def _from_plain(where: str, config_type: type[Config], plain: Mapping[str, Any]) -> Config:
    names = [field.name for field in fields(config_type)]  # type: ignore[arg-type]  # all configs are dataclasses
    for name in plain:
        if name not in names:
            raise ValueError(f"{where} has no setting {name!r}; allowed are {', '.join(names)}")
    try:
        return config_type(**plain)
    except TypeError as error:  # a field is missing
        raise ValueError(f"{where}: {str(error).removeprefix(f'{config_type.__name__}.__init__() ')}") from None


def _check_keywords(given: Mapping[str, object], allowed: Collection[str]) -> None:
    for name in given:
        if name not in allowed:
            # These are Python's own words: TorchRL looks for them where it tries out a keyword.
            raise TypeError(
                f"the environment got an unexpected keyword argument {name!r}; allowed are {', '.join(allowed)}"
            )
