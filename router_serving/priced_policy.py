"""A trained policy for every budget: it is told the price of money, or sets it itself to spend a budget on plan."""

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from router_serving.pacing import Pacer, Plan
from router_serving.policy import Policy


@dataclass
class _Account:
    """What changes while a priced policy serves."""

    pacer: Pacer | None = None
    awaits_charge: bool = False
    warned: bool = False


@dataclass(frozen=True)
class PricedPolicy(Policy):
    """A trained router that is told the price of money.

    At any price: `act(observation, price)`. With a budget: `start(budget, prompts)`; then for each prompt
    `act(observation)` and, when its cost is known, `charge(cost)`.
    """

    plan: Plan
    """What it costs at each price and hour, measured after the training."""
    cost_per_call: np.ndarray
    """(N,) float32, USD."""
    _account: _Account = field(default_factory=_Account, init=False, repr=False, compare=False)

    @property
    def observation_size(self) -> int:
        """The numbers in an observation, the budget among them, which is not looked at; the price is not."""
        return len(self.observation_mean) - 1

    @property
    def min_price(self) -> float:
        """The least price that it was trained for, reward per USD."""
        # As it was typed: float32 makes 0.3 a number that is just above it.
        return float(str(self.plan.prices[0]))

    @property
    def max_price(self) -> float:
        """The greatest, the same."""
        return float(str(self.plan.prices[-1]))

    @property
    def price(self) -> float:
        """That the last prompt was routed at, reward per USD. Raises `ValueError` before `start`."""
        return self._pacer.price

    @property
    def budget_left(self) -> float:
        """USD. Raises `ValueError` before `start`."""
        return self._pacer.budget_left

    def start(self, budget: float, prompts: int | None = None, *, days: float | None = None) -> None:
        """Begin a period with a budget, which replaces whatever was left of one before.

        What was learned before of how real costs compare with the plan's is kept.

        Args:
            budget: USD for the whole period.
            prompts: in the period, where their number is known; no cent over the budget is then ever spent.
            days: how long the period is, where it is not. It begins with the first prompt, and spending follows the
                load that the policy was trained with.

        Raises:
            ValueError: for a budget that even the cheapest model exceeds, or where not one of `prompts` and `days` is
                given.
        """
        if (prompts is None) == (days is None):
            raise ValueError("start takes either the number of prompts or the days that the budget is for")
        period = prompts if prompts is not None else days
        if period is None or not np.isfinite(period) or period <= 0:
            raise ValueError(f"{'prompts' if days is None else 'days'} is {period}; it must be a number above 0")
        cheapest = float(self.cost_per_call.min())
        smallest = cheapest * (prompts or 1)
        if not np.isfinite(budget) or budget < smallest * (1 - 1e-6):
            raise ValueError(
                f"budget is {budget:g} USD; {prompts or 1} prompts cost {smallest:.6g} USD at the cheapest model: "
                "it must be at least that"
            )
        account = self._account
        ratio = account.pacer.cost_ratio if account.pacer else 1.0
        account.pacer = Pacer(
            budget, self.plan, self.cost_per_call, prompts=prompts, days=days or 1.0, cost_ratio=ratio
        )
        account.awaits_charge = False

    def act(self, observation: np.ndarray, price: ArrayLike | None = None) -> np.ndarray:
        """The models to route to, (n,) int64, for observations (n, N + 4) float32; () for a single one, (N + 4,).

        With a price, reward per USD, () or (n,): what is best at it. Without one: what is best at the pacer's price
        and leaves enough for the prompts to come, for a single observation.

        A price outside the trained range is clamped, with one warning. Raises `ValueError` for observations of another
        width; and without a price before `start`, before the last prompt was charged, for several observations at
        once, and where the budget is spent.
        """
        if price is not None:
            return np.argmax(self.logits(observation, price), axis=-1)
        x, pacer, account = self._checked(observation), self._pacer, self._account
        if x.ndim != 1:
            raise ValueError(f"observation has shape {x.shape}; with a budget, prompts are routed one at a time")
        if account.awaits_charge:
            raise ValueError("the last prompt was not charged; call charge(cost) before the next act")
        cheapest = float(self.cost_per_call.min())
        if pacer.budget_left < cheapest * (1 - 1e-3):
            raise ValueError(f"the budget is spent: {pacer.budget_left:.6g} USD are left; call start with another")
        account.awaits_charge = True
        pacer.set_price(float(x[-2]))
        preferences = self._network(self._with_price(x, np.float32(pacer.log_price)))
        return np.asarray(np.where(pacer.affordable(), preferences, -np.inf).argmax())

    def charge(self, cost: float) -> None:
        """Book what the last prompt cost, USD. Raises `ValueError` where it is no cost, or no prompt was routed."""
        if not np.isfinite(cost) or cost < 0:
            raise ValueError(f"cost is {cost}; it must be a finite number at least 0")
        if not self._account.awaits_charge:
            raise ValueError("there is no prompt to charge; call act(observation) first")
        self._pacer.charge(float(cost))
        self._account.awaits_charge = False

    def logits(self, observation: np.ndarray, price: ArrayLike | None = None) -> np.ndarray:
        """The preference for each model, (n, num_models) float32, at a price or, without one, the pacer's."""
        x = self._checked(observation)
        log_price = self._pacer.log_price if price is None else np.log(self._within_range(np.asarray(price)))
        return self._network(self._with_price(x, np.asarray(log_price, np.float32)))

    @property
    def _pacer(self) -> Pacer:
        if self._account.pacer is None:
            raise ValueError("no price and no budget; call act(observation, price), or start(budget, prompts) first")
        return self._account.pacer

    def _with_price(self, x: np.ndarray, log_price: np.ndarray | np.float32) -> np.ndarray:
        """See `jax_router.pricing.priced_observation`."""
        priced = np.empty((*x.shape[:-1], x.shape[-1] + 1), np.float32)
        priced[..., :-2], priced[..., -2], priced[..., -1] = x[..., :-1], 1, log_price
        return priced

    def _within_range(self, price: np.ndarray) -> np.ndarray:
        clamped = np.clip(price, self.min_price, self.max_price)
        if not self._account.warned and (clamped != price).any():
            self._account.warned = True
            warnings.warn(
                f"price {price} is outside the range this policy was trained for, {self.min_price:g} to "
                f"{self.max_price:g}: it is clamped (said once)",
                stacklevel=3,
            )
        return clamped
