"""The environments by id. This is the only generic file that names versions; each is a package with the same names.

    params = make_params("outages", version="v1")
    version = load("LLMRouter-v0")
    params = version.make_params("rush_hour")
    assert of(params) is version

A version is imported, and JAX with it, when `load` is called; importing this module alone does not import JAX.
"""

from __future__ import annotations  # the types of JAX below are named without importing it

import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Unpack, cast, overload

if TYPE_CHECKING:
    import jax
    import numpy as np

    from jax_router import v0, v1
    from jax_router.observation_table import ObservationTable
    from jax_router.policy import Policy
    from jax_router.simulator import AnyParams, Simulator
    from jax_router.v0.settings import GivenSettings as SettingsV0
    from jax_router.v1.settings import GivenSettings as SettingsV1

DEFAULT = "LLMRouter-v0"
"""The id of the environment that commands use unless they are told another."""

_PACKAGES = {DEFAULT: "jax_router.v0", "LLMRouter-v1": "jax_router.v1"}

ENVIRONMENTS = tuple(_PACKAGES)
"""The ids that `load` knows."""

LEARNING: Mapping[str, Mapping[str, Any]] = {
    DEFAULT: {},
    "LLMRouter-v1": {
        "network": "shared",
        "layer_sizes": (24, 24),
        "normalize_observations": False,
        "activation": "tanh",
        "discount": 0.985,
        "gae_lambda": 0.95,
        "entropy_coef": 0.0,
        "anneal_entropy": False,
    },
}
"""What learning algorithms should take for each environment in place of their usual values, by the usual names."""

LONG_LEARNING: Mapping[str, Mapping[str, Any]] = {
    DEFAULT: {},
    "LLMRouter-v1": {"num_steps": 32, "num_minibatches": 32, "num_epochs": 3, "learning_rate": 2e-3},
}
"""The same, for runs of millions of steps, besides what `LEARNING` says."""

_IDS = {package.split(".")[-1]: environment for environment, package in _PACKAGES.items()}
"""The ids by the short names of versions, such as v0."""


class ObservationLayout(Protocol):
    """The index, from the front, of every number in an observation of N models."""

    def size(self, num_models: int) -> int:
        """Return D, the length of an observation."""

    def time_of_day(self, num_models: int) -> int:
        """Return the index of the time of day (days)."""

    def budget(self, num_models: int) -> int:
        """Return the index of the share of the budget that is left."""

    def names(self, model_names: Sequence[str]) -> tuple[str, ...]:
        """Return a name for each of the D numbers."""

    def scales(self, params: Any) -> tuple[float, ...]:
        """Return the number that each of the D quantities is divided by, in its own unit; 1 if it is not divided."""

    def table(self, params: Any) -> ObservationTable | None:
        """Return how the observation is a table with a row for each model; None where it is none."""

    def numbers(self, params: Any) -> dict[str, Any]:
        """Return whatever else a gateway needs to make an observation, by name: float32, () or one-dimensional."""


class Strategies(Protocol):
    """Policies that learn nothing and need no tuning, by name."""

    def static_strategies(self, params: Any, model_names: Sequence[str]) -> dict[str, Policy]:
        """Return the strategies that look at neither prompt nor queue, with "always NAME" for each model."""

    def queue_aware_strategies(self, params: Any) -> dict[str, Policy]:
        """Return the strategies that look at the state of the models."""

    def rule_of_thumb(self, params: Any, model_names: Sequence[str]) -> Policy:
        """Return a simple rule that recordings can show, for a fleet with the names of the preset models."""


class Tuning(Protocol):
    """Policies with parameters that a search tunes."""

    TUNED_RULE: str
    """The name of the strongest rule among those of `tuned_rules`."""

    def tuned_rules(self, key: jax.Array, params: Any, num_episodes: int) -> dict[str, Policy]:
        """Return the rules of this environment by name, tuned on `num_episodes` episodes for each candidate."""

    def rule_at(self, params: Any, numbers: jax.Array) -> Policy:
        """Return the strongest rule with these numbers."""


class Budgeting(Protocol):
    """What pacing a budget needs to know about an environment."""

    def mean_costs(self, params: Any) -> jax.Array:
        """Return what a mean prompt costs at each model, (N,) float32, USD."""

    def expected_costs(self, state: Any, params: Any) -> jax.Array:
        """Return what the waiting prompt is expected to cost at each model, (..., N) float32, USD."""

    def load(self, params: Any) -> jax.Array:
        """Return the load in each H-th part of the day, (H,) float32 with mean 1."""

    def prompts_per_day(self, params: Any) -> jax.Array:
        """Return the mean number of prompts in a simulated day, () float32."""

    def with_load_factor(self, params: Any, factor: jax.Array | float) -> Any:
        """Return the problem with `factor` times the load on its models."""


class RandomFleets(Protocol):
    """Fleets drawn from wide ranges, for policies that route for any fleet."""

    def random_problems(self, seed: int, count: int) -> list[tuple[tuple[Any, ...], Any]]:
        """Draw problems, each the models and the `Params`."""

    def padded(self, params: Any, num_models: int) -> Any:
        """Return a problem with absent models behind its own, up to `num_models`."""

    def numbers_of_each(self, key: jax.Array, problems: Any, num_episodes: int) -> np.ndarray:
        """Return the best numbers of the strongest rule for each of P problems of one shape, (P, M) float32."""


class Version(Protocol):
    """The names that the package of every environment has."""

    __name__: str
    """The name of the package."""
    SIMULATOR: Simulator
    MIXTURES_INTERPOLATE: bool
    """Whether cost and quality of a mixture are the means of its models', weighted by their shares: they are where
    neither depends on how many prompts a model gets."""
    SCENARIOS: tuple[str, ...]
    """The names of the scenarios that `make_params` knows."""
    DEFAULT_MODELS: tuple[Any, ...]
    """The preset fleet, one `ModelConfig` for each model."""
    ModelConfig: type
    """The type of a model as users specify it; it has at least a `name`."""
    RewardConfig: type
    """The type of the weights of the reward as users specify them; it has at least a `cost_weight`, reward per USD."""
    Params: type
    """The type of the parameters: it has the fields of `AnyParams`, and a `reward` with a `cost_weight`."""
    State: type
    Traffic: Any
    """It has the class methods `from_trace(path, outliers=...)` and `from_requests(trace)`; `needs_answers` says
    whether they need the lengths of answers."""
    observation: ObservationLayout
    strategies: Strategies
    tuning: Tuning
    budgeting: Budgeting
    make_params: Callable[..., Any]
    """`make_params(scenario, models, reward, traffic, *, episode_length, budget, ...) -> Params`."""
    check_models: Callable[[Sequence[Any]], tuple[Any, ...]]
    """A function that returns a fleet as a tuple, and raises `ValueError` for anything that is no fleet."""
    load_models: Callable[[str | PathLike[str]], tuple[Any, ...]]
    """A function that reads a fleet from a TOML file."""
    random_fleets: RandomFleets | None
    """What draws fleets; None where models cannot be absent, and no policy routes for fleets that it never saw."""


def load(environment: str) -> Version:
    """Return the package of an environment; raises `ValueError` for an id that is not in `ENVIRONMENTS`."""
    if environment not in _PACKAGES:
        raise ValueError(f"environment is {environment!r}; the known ones are {', '.join(ENVIRONMENTS)}")
    return cast(Version, import_module(_PACKAGES[environment]))


def of(params: AnyParams) -> Version:
    """Return the package of the environment that these parameters belong to; raises what `load` raises."""
    return load(params.simulator.name)


def folder_of(params: AnyParams) -> str:
    """Return the name of the folders that are about the environment of these parameters alone, such as v0."""
    return _PACKAGES[params.simulator.name].rpartition(".")[2]


@overload
def make_params(
    scenario: str = "default",
    models: Sequence[v0.ModelConfig] | None = None,
    reward: v0.RewardConfig | None = None,
    traffic: v0.Traffic | None = None,
    *,
    version: Literal["v0"] = "v0",
    **settings: Unpack[SettingsV0],
) -> v0.Params: ...


@overload
def make_params(
    scenario: str = "default",
    models: Sequence[v1.ModelConfig] | None = None,
    reward: v1.RewardConfig | None = None,
    traffic: v1.Traffic | None = None,
    *,
    version: Literal["v1"],
    quality: v1.QualityTable | None = None,
    problem: str | PathLike[str] | v1.Problem | None = None,
    **settings: Unpack[SettingsV1],
) -> v1.Params: ...


def make_params(scenario: str = "default", *parts: Any, version: str = "v0", **settings: Any) -> Any:
    """Build the parameters of a scenario of either environment: see `jax_router.v0.make_params` and `v1`'s.

    Args:
        scenario: one of the `SCENARIOS` of the version.
        parts: its `models`, `reward` and `traffic`, of the version's own types; they may be named, too.
        version: "v0" for LLMRouter-v0, or "v1" for LLMRouter-v1.
        settings: whatever else the `make_params` of the version takes.

    Returns:
        The version's `Params`, whose leaves are NumPy arrays: nothing here starts a JAX backend.

    Raises:
        TypeError: for a keyword that the version does not take.
        ValueError: one line that names the field, the value and what is allowed.
    """
    if version not in _IDS:
        raise ValueError(f"version is {version!r}; it must be {' or '.join(map(repr, _IDS))}")
    return load(_IDS[version]).make_params(scenario, *parts, **settings)


class Replaying(Protocol):
    """A log's own requests through the simulator: see `jax_router.v1.replay`."""

    def make_replay(self, problem: Any, log: Any, seed: int = 0) -> Any:
        """Prepare a log for a problem of `load_problem`."""

    def as_routed(self, replay: Any) -> Any:
        """Return what the simulator makes of the log's own choices."""

    def play(self, replay: Any, policy: Any, seed: int = 0) -> Any:
        """Return what the simulator makes of a policy's choices."""


def environment_of(folder: str | PathLike[str]) -> str:
    """Return the id of the environment that a problem's folder, or its problem.toml, is for.

    Raises `FileNotFoundError` where there is no such file, and `ValueError` (naming it) where it names no environment.
    """
    path = Path(folder)
    path = path / "problem.toml" if path.is_dir() else path
    with path.open("rb") as file:
        try:
            environment = tomllib.load(file).get("environment")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: not valid TOML: {error}") from None
    if environment not in ENVIRONMENTS:
        raise ValueError(f"{path}: environment is {environment!r}; the known ones are {', '.join(ENVIRONMENTS)}")
    return str(environment)


def load_problem(folder: str | PathLike[str]) -> Any:
    """Return the problem in a folder, of its environment's own kind: see `jax_router.v1.problem.load_problem`.

    Raises what that raises, and `ValueError` for an environment that has no problems in folders.
    """
    return _part(environment_of(folder), "problem").load_problem(folder)


def replaying(environment: str) -> Replaying:
    """Return what replays logs in an environment; raises `ValueError` for one that cannot."""
    return cast(Replaying, _part(environment, "replay"))


def _part(environment: str, name: str) -> Any:
    try:
        return import_module(f"{_PACKAGES[environment]}.{name}")
    except ModuleNotFoundError:
        raise ValueError(
            f"{environment} has no {name}: fit one of LLMRouter-v1 with python -m jax_router.fit"
        ) from None
