"""Policies: what a router was made for, and what it prefers where it is a trained network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from router_serving.network import Array, Network, plain_network
from router_serving.numbers import finite_array


@dataclass(frozen=True)
class Origin:
    """The routing problem that a policy was trained on, and what the numbers of its observations mean."""

    environment: str
    """The id of the environment, such as LLMRouter-v0."""
    scenario: str
    """The name of the scenario."""
    models: tuple[Mapping[str, Any], ...]
    """The fleet in the order of the actions: each model's `name`, and whatever else its fleet file says of it."""
    observation: tuple[str, ...]
    """A name for each of the D numbers of an observation; empty where the environment gives none."""
    scales: tuple[float, ...]
    """The number that each quantity is divided by to get its place in the observation, in the quantity's own unit."""
    time_of_day: int | None = None
    """The index of the time of day (days) in an observation; None where there is none."""
    budget: int | None = None
    """The index of the share of the budget that is left; None where there is none."""
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Whatever else an observation was made with, by name: one number, or one for each model or entry of a table."""

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models, in the order of the actions."""
        return tuple(model["name"] for model in self.models)


@dataclass(frozen=True)
class Policy:
    """A router. It never changes; `act` is all that routing needs."""

    origin: Origin

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models, in the order of the actions."""
        return self.origin.model_names

    @property
    def scenario(self) -> str:
        """The scenario that it was made for."""
        return self.origin.scenario

    @property
    def observation_size(self) -> int:
        """D, the numbers in an observation."""
        raise NotImplementedError

    def act(self, observation: ArrayLike) -> np.ndarray:
        """The models to route to, (n,) int64, for observations (n, D) float32; () for a single one, (D,).

        Raises `ValueError` for observations of another width, and for numbers that are not finite.
        """
        return self.logits(observation).argmax(axis=-1)

    def logits(self, observation: ArrayLike) -> np.ndarray:
        """The preference for each model, (n, num_models) float32. Raises as `act` does."""
        raise NotImplementedError

    def checked(self, observation: ArrayLike) -> np.ndarray:
        """The observation as float32; raises as `act` does."""
        if not self.origin.models:
            raise ValueError(
                "this policy routes for any fleet; name one first: router_serving.for_fleet(policy, fleet)"
            )
        x = finite_array("observation", observation)
        if x.ndim == 0 or x.shape[-1] != self.observation_size:
            raise ValueError(
                f"observation has shape {x.shape}; this policy takes (n, {self.observation_size}), "
                f"for the models {', '.join(self.model_names)}"
            )
        return x


@dataclass(frozen=True)
class NetworkPolicy(Policy):
    """A trained router: a network over observations."""

    network: Network

    @property
    def observation_size(self) -> int:
        """D, the numbers in an observation."""
        return self.network.num_inputs(len(self.origin.models))

    def logits(self, observation: ArrayLike) -> np.ndarray:
        """The preference for each model before the argmax, (n, num_models) float32. Raises as `act` does."""
        return np.asarray(self.network.preferences(self.checked(observation), np))


def priced_observation(observation: Array, log_price: Array, budget: int | None, xp: Any) -> Array:
    """Set the share of the budget to 1, append the log of the price: from (..., D) to (..., D + 1), float32.

    A priced policy thus learns how scarce money is from the price alone.

    Args:
        observation: (..., D) float32.
        log_price: (...) float32, natural logarithm of the price, reward per USD.
        budget: the index of the share of the budget in the observation; None where there is none.
        xp: the array namespace.
    """
    parts = [observation]
    if budget is not None:
        one = xp.ones_like(observation[..., :1])
        parts = [observation[..., :budget], one, observation[..., budget + 1 :]]
    return xp.concatenate([*parts, log_price[..., None]], axis=-1)


def best_allowed(preferences: Array, allowed: Array, xp: Any) -> Array:
    """Return the allowed model, (...) integer, with the highest preference, (..., N); `allowed` is (..., N) bool."""
    return xp.where(allowed, preferences, -xp.inf).argmax(axis=-1)


def policy_from_arrays(
    origin: Origin,
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    observation_mean: ArrayLike,
    observation_variance: ArrayLike,
    activation: str,
) -> NetworkPolicy:
    """Make a policy from the arrays of a training run, of JAX or NumPy, which are copied to NumPy float32."""
    return NetworkPolicy(origin, plain_network(layers, observation_mean, observation_variance, activation))
