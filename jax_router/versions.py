"""Which environments there are: the one generic file that names versions, each a package with the same names.

    version = load("LLMRouter-v0")
    params = version.make_params("rush_hour")
    assert of(params) is version

A version is imported when it is asked for, and JAX with it: the ids alone cost nothing.
"""

from __future__ import annotations  # the types of JAX below are named without importing it

from collections.abc import Callable, Sequence
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import jax

    from jax_router.policy import Policy
    from jax_router.simulator import AnyParams, Simulator

DEFAULT = "LLMRouter-v0"
"""The environment of commands that are not told another."""

_PACKAGES = {DEFAULT: "jax_router.v0", "LLMRouter-v1": "jax_router.v1"}

ENVIRONMENTS = tuple(_PACKAGES)
"""The ids that `load` knows."""


class ObservationLayout(Protocol):
    """Where everything stands in an observation of N models: indices that count from the front."""

    def size(self, num_models: int) -> int:
        """D, the numbers of an observation."""

    def time_of_day(self, num_models: int) -> int:
        """Index of the time of day, in days."""

    def budget(self, num_models: int) -> int:
        """Index of the share of the budget that is left."""

    def names(self, model_names: Sequence[str]) -> tuple[str, ...]:
        """What each of the D numbers is."""

    def scales(self, params: Any) -> tuple[float, ...]:
        """What each of the D quantities is divided by, in its own unit; 1 where it is not."""


class Strategies(Protocol):
    """Policies that learn nothing and need no tuning, by name."""

    def static_strategies(self, params: Any, model_names: Sequence[str]) -> dict[str, Policy]:
        """Those that look at neither prompt nor queue; "always NAME" for each model is among them."""

    def queue_aware_strategies(self, params: Any) -> dict[str, Policy]:
        """Those that look at the state of the models."""

    def rule_of_thumb(self, params: Any, model_names: Sequence[str]) -> Policy:
        """A simple rule for a fleet with the names of the preset models, to watch."""


class Tuning(Protocol):
    """Policies with numbers to choose."""

    TUNED_RULE: str
    """The name of the strongest rule among those of `tuned_rules`."""

    def tuned_rules(self, key: jax.Array, params: Any, num_episodes: int) -> dict[str, Policy]:
        """The rules of this environment, tuned on `num_episodes` episodes for each candidate, by name."""


class Budgeting(Protocol):
    """What spending a budget needs to know of an environment."""

    def mean_costs(self, params: Any) -> jax.Array:
        """What a mean prompt costs at each model, (N,) float32, USD."""

    def expected_costs(self, state: Any, params: Any) -> jax.Array:
        """What the waiting prompt is expected to cost at each model, (..., N) float32, USD."""

    def load(self, params: Any) -> jax.Array:
        """(H,) float32, mean 1: the load in each H-th part of the day."""

    def prompts_per_day(self, params: Any) -> jax.Array:
        """() float32, prompts that come in a simulated day on average."""

    def with_load_factor(self, params: Any, factor: jax.Array | float) -> Any:
        """The same problem with `factor` times the load on its models."""


class Version(Protocol):
    """What the package of an environment exposes."""

    SIMULATOR: Simulator
    SCENARIOS: tuple[str, ...]
    """The names that `make_params` knows."""
    DEFAULT_MODELS: tuple[Any, ...]
    """The preset fleet, `ModelConfig` each."""
    ModelConfig: type
    """One model as people write it down; it has a `name` at least."""
    RewardConfig: type
    """The weights of the reward as people write them down; it has a `cost_weight`, reward per USD, at least."""
    Params: type
    """It has a `reward` with a `cost_weight`, beside what `AnyParams` says."""
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
    """A fleet as a tuple; raises `ValueError` for what is none."""
    load_models: Callable[[str | PathLike[str]], tuple[Any, ...]]
    """A fleet from a TOML file."""


def load(environment: str) -> Version:
    """The package of an environment, by its id; raises `ValueError` for one that is not in `ENVIRONMENTS`."""
    if environment not in _PACKAGES:
        raise ValueError(f"environment is {environment!r}; the known ones are {', '.join(ENVIRONMENTS)}")
    return cast(Version, import_module(_PACKAGES[environment]))


def of(params: AnyParams) -> Version:
    """The package that these parameters are of; raises what `load` raises."""
    return load(params.simulator.name)
