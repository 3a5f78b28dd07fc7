"""`jax_router.pacing` for one budget while serving: the same numbers with NumPy alone."""

import numpy as np

STEP_SIZE = 0.05
FIRST_PROMPTS = 10
LARGEST_EXCESS = 3.0
MEMORY = 0.01
"""These four are explained in `jax_router/pacing.py`."""


class Pacer:
    """Keeps the spending of one budget on plan by setting a price, prompt by prompt."""

    def __init__(
        self,
        budget: float,
        period: float,
        first_price: float,
        *,
        prices: tuple[float, float],
        costs: np.ndarray,
        taken: float,
    ) -> None:
        """Begin a period.

        Args:
            budget: USD.
            period: prompts, or days of mean load.
            first_price: reward per USD.
            prices: where the price is kept, the lowest and the highest, reward per USD.
            costs: (N,) of a prompt at each model, USD.
            taken: of the period by one prompt: 1 where it is counted in prompts, 0 where it is not known yet.
        """
        self.log_price = float(np.log(first_price))
        self.budget_left = float(budget)
        self.period_left, self._taken, self._num_prompts = float(period), float(taken), 0
        self._log_prices = tuple(float(np.log(price)) for price in prices)
        self._costs = np.asarray(costs, np.float64)

    @property
    def price(self) -> float:
        """Of the next prompt, reward per USD."""
        return float(np.exp(self.log_price))

    def affordable(self) -> np.ndarray:
        """(N,) bool, see `jax_router.pacing.affordable`."""
        cheapest = self._costs.min()
        later = self.period_left / self._taken - 1 if self._taken > 0 else 0.0
        free = self.budget_left - cheapest * max(later, 0.0)
        return (self._costs <= free) | (self._costs <= cheapest)

    def charge(self, cost: float, taken: float = 1.0) -> None:
        """Book a prompt, see `jax_router.pacing.charge`."""
        weight = max(1 / (self._num_prompts + 1), MEMORY)
        self._taken += weight * (taken - self._taken)
        share = self.budget_left * self._taken / max(self.period_left, self._taken) if self._taken > 0 else 0.0
        if share > 0:
            excess = min(max(cost / share - 1, -LARGEST_EXCESS), LARGEST_EXCESS)
            step = max(FIRST_PROMPTS / (FIRST_PROMPTS + self._num_prompts), STEP_SIZE)
            self.log_price = min(max(self.log_price + step * excess, self._log_prices[0]), self._log_prices[1])
        self.budget_left -= cost
        self.period_left -= taken
        self._num_prompts += 1


def work_between(time_of_day: float, days: float, load: np.ndarray) -> float:
    """The integral of the load over the next `days`, in days of mean load; see `jax_router.pacing.work_between`."""
    at_edges = np.concatenate([[0.0], np.cumsum(load, dtype=np.float64)]) / len(load)

    def since_midnight(time: float) -> float:
        whole, part = divmod(time, 1.0)
        return float(whole * at_edges[-1] + np.interp(part, np.linspace(0, 1, len(load) + 1), at_edges))

    return since_midnight(time_of_day + days) - since_midnight(time_of_day)
