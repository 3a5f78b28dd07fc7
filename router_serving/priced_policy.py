"""Policies for every budget: they are told the price of money, and a session sets that price."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from router_serving.numbers import finite_array
from router_serving.pacing import Plan
from router_serving.policy import NetworkPolicy, Policy
from router_serving.session import Session


@dataclass(frozen=True)
class PricedPolicy(Policy):
    """A policy that is told the price of money, reward per USD. It never changes.

    Call `act(observation, price)` to route at a price of your own. To spend a budget, call `start(budget, prompts)`: it
    returns a `Session`, which routes, keeps the account, and sets the price.
    """

    plan: Plan
    """The costs of its prompts at each price and hour, measured when it was made."""
    mean_costs: np.ndarray
    """The cost of a mean prompt at each model, (N,) float32, USD."""

    @cached_property
    def min_price(self) -> float:
        """The lowest price that it was made for, reward per USD."""
        # This restores the decimal that was typed: 0.3 in float32 is just above 0.3.
        return float(str(self.plan.prices[0]))

    @cached_property
    def max_price(self) -> float:
        """The highest price that it was made for, reward per USD."""
        return float(str(self.plan.prices[-1]))

    def start(
        self, budget: float, prompts: int | None = None, *, days: float | None = None, after: Session | None = None
    ) -> Session:
        """Begin a period with a budget.

        Args:
            budget: USD for the whole period.
            prompts: the number of prompts in the period, if it is known; the budget is then never overspent.
            days: the length of the period, if the number of prompts is not known. The period begins with the first
                prompt, and spending follows the load that the policy was made for.
            after: the session before this one; this one takes over what it learned about real costs.

        Raises:
            ValueError: for a budget that even the cheapest model exceeds, for numbers that are none, and where not
                exactly one of `prompts` and `days` is given.
        """
        return Session(self, budget, prompts, days, after)

    def act(self, observation: ArrayLike, price: ArrayLike | None = None) -> np.ndarray:
        """The models to route to at a price, (n,) int64, for observations (n, D) float32; () for a single one, (D,).

        A price, reward per USD, () or (n,), outside the policy's range is clamped, with a warning. Raises `ValueError`
        for observations of another width, numbers that are not finite, prices that are not above 0, and no price.
        """
        return self.logits(observation, price).argmax(axis=-1)

    def logits(self, observation: ArrayLike, price: ArrayLike | None = None) -> np.ndarray:
        """The preference for each model at a price, (n, num_models) float32. Raises as `act` does."""
        if price is None:
            raise ValueError("price is missing; give one, or route with a budget: policy.start(budget, prompts)")
        x, prices = self.checked(observation), self._within_range(price)
        if prices.shape not in ((), x.shape[:-1]):
            raise ValueError(f"price has shape {prices.shape}; observations {x.shape} take one, or one for each")
        return self.preferences(x, np.log(prices))

    def preferences(self, x: np.ndarray, log_price: ArrayLike) -> np.ndarray:
        """The same for `checked` observations and the natural logarithm of a price in the range, () or (n,)."""
        raise NotImplementedError

    def _within_range(self, price: ArrayLike) -> np.ndarray | np.float32:
        if isinstance(price, float) and self.min_price <= price <= self.max_price:
            return np.float32(price)  # what it nearly always is
        prices = finite_array("price", price)
        if (prices <= 0).any():
            raise ValueError(f"price is {prices}; it must be above 0, reward per USD")
        clamped = np.clip(prices, np.float32(self.min_price), np.float32(self.max_price))
        if (clamped != prices).any():
            warnings.warn(
                f"price {prices} is outside the range that this policy was made for, {self.min_price:g} to "
                f"{self.max_price:g}: it is clamped",
                stacklevel=4,
            )
        return clamped


@dataclass(frozen=True)
class PricedNetwork(PricedPolicy, NetworkPolicy):
    """A trained policy that is told the price of money: a network that sees the logarithm of the price, too."""

    @property
    def observation_size(self) -> int:
        """D, the numbers in an observation. The share of the budget is among them and is not looked at."""
        return self.network.num_inputs(len(self.origin.models)) - 1

    def preferences(self, x: np.ndarray, log_price: ArrayLike) -> np.ndarray:
        """The preference for each model, (n, num_models), for `checked` observations and the logarithm of a price."""
        priced = np.empty(
            (*x.shape[:-1], x.shape[-1] + 1), np.float32
        )  # as `priced_observation`, in a third of its time
        priced[..., :-1], priced[..., -1] = x, log_price
        if self.origin.budget is not None:
            priced[..., self.origin.budget] = 1.0
        return np.asarray(self.network.preferences(priced, np))
