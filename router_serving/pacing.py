"""`jax_router.plan` and `jax_router.pacing` for one budget while serving: the same numbers with NumPy alone."""

from dataclasses import dataclass

import numpy as np

PRIOR_PROMPTS = 10.0
COST_MEMORY = 0.001
GAP_MEMORY = 0.01
SHORTEST_OUTLOOK = 1e-3
"""These four are explained in `jax_router/pacing.py` and `jax_router/plan.py`."""


@dataclass(frozen=True)
class Plan:
    """What a policy's prompts cost, see `jax_router.plan.Plan`."""

    prices: np.ndarray
    """(K,) float32, reward per USD, rising."""
    cost: np.ndarray
    """(K, H) float32, USD, the mean of a prompt at each price in each H-th part of the day."""
    load: np.ndarray
    """(L,) float32, mean 1, over the day."""
    prompts_per_day: float
    """In the rehearsal that measured it."""

    def cost_at(self, log_price: float, time_of_day: float) -> float:
        """USD that a prompt is expected to cost at a price and a time of day, days in [0, 1)."""
        part = min(int(time_of_day * self.cost.shape[1]), self.cost.shape[1] - 1)
        return float(np.interp(log_price, np.log(self.prices), self.cost[:, part]))

    def log_price_for(self, cost: float, time_of_day: float, days: float) -> float:
        """The logarithm of the price at which prompts of the next `days` are to cost `cost` USD in the mean."""
        days = max(days, SHORTEST_OUTLOOK)
        expected = day_integral(time_of_day, days, self.cost) / days
        return float(np.interp(-cost, -expected, np.log(self.prices)))

    def work(self, time_of_day: float, days: float) -> float:
        """What the next `days` bring, in days of mean load."""
        return float(day_integral(time_of_day, days, self.load))


class _Prompts:
    """A period of so many prompts; gaps between them tell how long it will last."""

    def __init__(self, prompts: float, plan: Plan):
        self.to_come = float(prompts)
        self._gap = 1.0 / plan.prompts_per_day  # days, in the mean

    @property
    def outlook(self) -> float:
        return self.to_come * self._gap

    def see_gap(self, days: float, start: float, weight: float) -> None:
        self._gap += weight * (days - self._gap)

    def see_prompt(self) -> None:
        self.to_come -= 1.0


class _Days:
    """A period of so many days; gaps between prompts tell how many of them will come with the load."""

    def __init__(self, days: float, time_of_day: float, plan: Plan):
        self.outlook = float(days)
        self._plan = plan
        self._work_left = plan.work(time_of_day, days)
        self._work = 0.0  # of a gap, in the mean; 0: not known yet

    @property
    def to_come(self) -> float | None:
        return self._work_left / self._work if self._work > 0 else None

    def see_gap(self, days: float, start: float, weight: float) -> None:
        work = self._plan.work(start, days)
        self.outlook -= days
        self._work_left -= work
        self._work += weight * (work - self._work)

    def see_prompt(self) -> None:
        pass


class Pacer:
    """Makes one budget last for its period: for every prompt `set_price`, then `charge`."""

    def __init__(
        self,
        budget: float,
        plan: Plan,
        costs: np.ndarray,
        *,
        prompts: float | None = None,
        days: float = 1.0,
        cost_ratio: float = 1.0,
    ) -> None:
        """Begin a period.

        Args:
            budget: USD.
            plan: of the policy.
            costs: (N,) of a prompt at each model, USD.
            prompts: in the period; where their number is not known,
            days: how long it is from the first prompt on.
            cost_ratio: what prompts are first thought to cost, over what the plan says.
        """
        self.budget_left, self.cost_ratio = float(budget), float(cost_ratio)
        self.log_price = 0.5 * float(np.log(plan.prices[0]) + np.log(plan.prices[-1]))
        self._plan, self._costs = plan, np.asarray(costs, np.float64)
        self._days = days
        self._period: _Prompts | _Days | None = None if prompts is None else _Prompts(prompts, plan)
        self._expected = 0.0  # USD, that the plan says of the prompts remembered
        self._num_prompts, self._time = 0, 0.0

    @property
    def price(self) -> float:
        """Of the last prompt, reward per USD."""
        return float(np.exp(self.log_price))

    def set_price(self, time_of_day: float) -> None:
        """Look at the clock, and set the price for the next prompt; see `jax_router.pacing.set_price`."""
        period = self._period = self._period or _Days(self._days, time_of_day, self._plan)
        if self._num_prompts:
            # The mean of the first gaps, later one that forgets.
            weight = max(1.0 / self._num_prompts, GAP_MEMORY)
            period.see_gap((time_of_day - self._time) % 1.0, self._time, weight)
        else:
            self._expected = PRIOR_PROMPTS * self._plan.cost_at(self.log_price, time_of_day)
        self._time = time_of_day
        if period.to_come is not None:
            share = max(self.budget_left, 0.0) / max(period.to_come, 1.0)
            planned = share / max(self.cost_ratio, float(np.finfo(np.float32).tiny))
            self.log_price = self._plan.log_price_for(planned, time_of_day, period.outlook)

    def affordable(self) -> np.ndarray:
        """(N,) bool, see `jax_router.pacing.affordable`. Raises nothing; call `set_price` first."""
        cheapest = self._costs.min()
        to_come = None if self._period is None else self._period.to_come
        free = self.budget_left - cheapest * max((to_come or 1.0) - 1.0, 0.0)
        return (self._costs <= free) | (self._costs <= cheapest)

    def charge(self, cost: float) -> None:
        """Book a prompt, see `jax_router.pacing.charge`. Call `set_price` first."""
        kept = (1.0 - COST_MEMORY) * self._expected
        expected = kept + self._plan.cost_at(self.log_price, self._time)
        self.cost_ratio = (kept * self.cost_ratio + cost) / expected if expected > 0 else 1.0
        self._expected = expected
        self.budget_left -= cost
        self._num_prompts += 1
        if self._period is not None:
            self._period.see_prompt()


def day_integral(time_of_day: float, days: float, table: np.ndarray) -> np.ndarray:
    """The integral of a table (..., H) over the next `days`, (...); see `jax_router.plan.day_integral`."""
    num_parts = table.shape[-1]
    at_edges = np.concatenate([np.zeros((*table.shape[:-1], 1)), np.cumsum(table, -1, np.float64)], -1) / num_parts

    def since_midnight(time: float) -> np.ndarray:
        whole, part = divmod(time, 1.0)
        here = min(int(part * num_parts), num_parts - 1)
        inside = (part * num_parts - here) * table[..., here] / num_parts
        return whole * at_edges[..., -1] + at_edges[..., here] + inside

    return since_midnight(time_of_day + days) - since_midnight(time_of_day)
