"""Pacing: the price of money at which a budget lasts for its period. One rule for serving and for the simulator.

Every function handles one budget and takes the array namespace `xp`: `router_serving.floats` while serving, and
`jax.numpy` in the simulator, where `jax.vmap` handles a batch of budgets. `Plan` is a tuple of arrays and `Pace` one of
numbers, which both can use.

A priced policy comes with a plan: what its prompts cost at each price and hour. Before a prompt, `set_price` looks up
the price at which the rest of the period is expected to cost what is left, corrected by how real costs compare with
planned ones. A model is `affordable` if it leaves enough to send every later prompt to the cheapest model.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Array = Any
"""An array, or a number, of the namespace `xp`."""

PRIOR_PROMPTS = 10.0
"""The plan weighs as much as this many prompts that cost exactly what it says."""
COST_MEMORY = 0.001
"""The weight of the last prompt in what is known of real costs: a thousand prompts are remembered."""
GAP_MEMORY = 0.01
"""The weight of the last prompt in the running mean of the part of the period that a prompt takes."""
SHORTEST_OUTLOOK = 1e-3
"""The least number of days to look ahead: over less, the difference of two float32 integrals is mostly rounding."""


SMALLEST_COST = float(np.finfo(np.float32).tiny)
"""The least cost, USD, that is divided by; a real cost of 0 is raised to it."""


class Plan(NamedTuple):
    """What a policy's prompts cost, measured after its training, at K prices in H equal parts of a day."""

    prices: Array  # (K,) reward per USD, rising
    log_prices: Array  # (K,) their natural logarithms
    cost: Array  # (H, K) USD, of the mean prompt in each part of the day; never rises with the price
    cost_until: Array  # (H + 1, K) USD days, the integral of `cost` from midnight to each edge of the parts
    load: Array  # (L,) mean 1, the load in each L-th part of the day
    load_until: Array  # (L + 1,) days, the integral of `load` likewise
    prompts_per_day: Array  # () in the episodes that the costs were measured in


class Pace(NamedTuple):
    """Where a budget stands between two prompts; each field ()."""

    log_price: Array  # natural logarithm of the price that was set last, reward per USD
    budget_left: Array  # USD
    period_left: Array  # of the period: prompts, or days of mean load
    per_prompt: Array  # what a prompt takes of the period on average: 1 prompt, or days of mean load
    known: Array  # bool, whether `per_prompt` is known yet
    spent: Array  # USD, what the prompts that are remembered really cost
    expected: Array  # USD, what the same prompts cost by the plan
    num_prompts: Array  # prompts so far


def make_plan(prices: ArrayLike, cost: ArrayLike, load: ArrayLike, prompts_per_day: float) -> Plan:
    """A plan of NumPy float64 arrays from prices (K,), costs (K, H), the load (L,) and prompts a day."""
    by_part = np.asarray(cost, np.float64).T
    loads = np.asarray(load, np.float64)
    return Plan(
        prices=np.asarray(prices),
        log_prices=np.log(np.asarray(prices, np.float64)),
        cost=by_part,
        cost_until=integral_until(by_part),
        load=loads,
        load_until=integral_until(loads),
        prompts_per_day=float(prompts_per_day),
    )


def integral_until(table: np.ndarray) -> np.ndarray:
    """The integral of a day's table (H, ...) from midnight to each of its H + 1 edges, time in days."""
    start = np.zeros((1, *table.shape[1:]))
    return np.concatenate([start, np.cumsum(table, axis=0, dtype=np.float64)]) / len(table)


def begin(
    plan: Plan,
    budget: Array,
    period: Array,
    per_prompt: Array,
    known: Array,
    time_of_day: Array,
    cost_ratio: Array,
    xp: Any,
) -> Pace:
    """The pace before the first prompt.

    Args:
        plan: of the policy.
        budget: () USD.
        period: () prompts, or days of mean load.
        per_prompt: () the part of the period that a prompt takes, in the unit of `period`.
        known: () bool, whether `per_prompt` is known; where it is not, it is learned from the gaps between prompts.
        time_of_day: () days in [0, 1).
        cost_ratio: () what prompts are first believed to cost, divided by what they cost by the plan.
        xp: the array namespace.
    """
    # No price can be set yet, so this is the middle of the range on a logarithmic scale.
    log_price = 0.5 * (plan.log_prices[0] + plan.log_prices[-1])
    expected = PRIOR_PROMPTS * cost_at(plan, log_price, time_of_day, xp)
    nothing = xp.zeros_like(expected)
    return Pace(log_price, budget, period, per_prompt, known, cost_ratio * expected, expected, nothing)


def cost_at(plan: Plan, log_price: Array, time_of_day: Array, xp: Any) -> Array:
    """Return what a prompt is expected to cost, USD, at a price and a time of day, days in [0, 1); all ()."""
    here, _ = _part_of_day(time_of_day, len(plan.cost), xp)
    return xp.interp(log_price, plan.log_prices, plan.cost[here])


def log_price_for(plan: Plan, cost: Array, time_of_day: Array, days: Array, xp: Any) -> Array:
    """Log of the price at which the mean prompt of the next `days` costs `cost` USD; all ().

    It is the highest or the lowest price of the plan where `cost` is out of the plan's range.
    """
    days = xp.maximum(days, SHORTEST_OUTLOOK)
    expected = day_integral(time_of_day, days, plan.cost, plan.cost_until, xp) / days
    # Knots must rise, and costs fall with the price. Where prompts cost the same at several prices, as they do at all
    # prices of a fleet that is free, the lowest of these prices is right.
    log_price = xp.interp(-cost, -expected, plan.log_prices)
    # Interpolation rounds, and may end a little above the last knot.
    return xp.where(cost >= expected[0], plan.log_prices[0], xp.minimum(log_price, plan.log_prices[-1]))


def work(plan: Plan, time_of_day: Array, days: Array, xp: Any) -> Array:
    """Return the load of the next `days`, counted in days of mean load; all ()."""
    return day_integral(time_of_day, days, plan.load, plan.load_until, xp)


def day_integral(time_of_day: Array, days: Array, table: Array, until: Array, xp: Any) -> Array:
    """The integral over the next `days` of a table that is constant in each H-th part of the day.

    Args:
        time_of_day: () where it begins, days in [0, 1).
        days: () at least 0.
        table: (H, ...).
        until: (H + 1, ...), see `integral_until`.
        xp: the array namespace.
    """
    num_parts = len(table)

    def since_midnight(time: Array) -> Array:
        whole = xp.floor(time)
        here, inside = _part_of_day(time - whole, num_parts, xp)
        return whole * until[-1] + until[here] + (inside / num_parts) * table[here]

    # Whole days are added separately: in a sum with many of them, float32 would lose the time of day.
    whole = xp.floor(days)
    rest = since_midnight(time_of_day + (days - whole)) - since_midnight(time_of_day)
    return whole * until[-1] + rest


def set_price(pace: Pace, plan: Plan, time_of_day: Array, days: Array, held: Array, xp: Any) -> Pace:
    """Set the price for the next prompt: at it, the rest of the period is expected to cost what is left.

    Args:
        pace: after the prompt before it.
        plan: of the policy.
        time_of_day: () days in [0, 1).
        days: () what is left of the period, days.
        held: () USD that is owed for prompts whose bills have not come.
        xp: the array namespace.
    """
    share = xp.maximum(pace.budget_left - held, 0.0) / xp.maximum(prompts_to_come(pace, xp), 1.0)
    # In the plan's own costs: where prompts really cost twice as much, the budget buys half of what the plan says.
    planned = share * pace.expected / xp.maximum(pace.spent, SMALLEST_COST)
    log_price = log_price_for(plan, planned, time_of_day, days, xp)
    # Nothing is known before the first gap between two prompts.
    return pace._replace(log_price=xp.where(_countable(pace), log_price, pace.log_price))


def affordable(pace: Pace, costs: Array, cheapest_later: Array, held: Array, xp: Any) -> Array:
    """Return which models leave enough to send every later prompt to the cheapest model, (N,) bool.

    The cheapest model is always allowed. A budget that pays for all prompts at the cheapest model is then never
    overspent and lasts to the last prompt. (If the number of prompts is an estimate, so is what has to be left.)

    Args:
        pace: before a prompt.
        costs: (N,) what this prompt is expected to cost at each model, USD.
        cheapest_later: () what a later prompt is expected to cost at the cheapest model, USD.
        held: () USD that is owed for prompts whose bills have not come.
        xp: the array namespace.
    """
    later = xp.maximum(prompts_to_come(pace, xp) - 1.0, 0.0)
    free = pace.budget_left - held - cheapest_later * later
    return (costs <= free) | (costs <= xp.min(costs))


def cost_ratio(pace: Pace, xp: Any) -> Array:
    """Return what prompts really cost, divided by what they cost by the plan, (); 1 where the plan says 0."""
    has_plan = pace.expected > 0.0
    return xp.where(has_plan, pace.spent / xp.where(has_plan, pace.expected, 1.0), 1.0)


def prompts_to_come(pace: Pace, xp: Any) -> Array:
    """Return how many prompts are still to come, the next one included, (); 1 where that is not known yet."""
    countable = _countable(pace)
    return xp.where(countable, pace.period_left / xp.where(countable, pace.per_prompt, 1.0), 1.0)


def pass_prompt(pace: Pace, taken: Array, xp: Any) -> Pace:
    """Return the pace after a prompt took its part of the period: 1 prompt, or () days of mean load since the last."""
    # At first this is the plain mean of all gaps, later a running mean that forgets old ones.
    weight = xp.maximum(1.0 / (pace.num_prompts + 1.0), GAP_MEMORY)
    learned = pace.per_prompt + weight * (taken - pace.per_prompt)
    return pace._replace(
        period_left=pace.period_left - taken,
        per_prompt=xp.where(pace.known, learned, taken),
        known=xp.ones_like(pace.known),
        num_prompts=pace.num_prompts + 1.0,
    )


def book(pace: Pace, cost: Array, planned: Array) -> Pace:
    """Return the pace after a bill of `cost` USD for a prompt that costs `planned` USD by the plan; both ()."""
    return pace._replace(
        budget_left=pace.budget_left - cost,
        spent=(1.0 - COST_MEMORY) * pace.spent + cost,
        expected=(1.0 - COST_MEMORY) * pace.expected + planned,
    )


def smallest_budget(costs: ArrayLike, prompts: float) -> float:
    """Return what `prompts` prompts cost at the cheapest of N models, USD, from what one costs at each, (N,) USD."""
    return float(np.min(costs)) * prompts


def check_budget(budget: float, prompts: float, costs: ArrayLike) -> None:
    """Raise a `ValueError` where `prompts` prompts cost more than `budget` USD at the cheapest of N models, (N,)."""
    smallest = smallest_budget(costs, prompts)
    # The costs are float32, so a budget that is exact in decimals may be off by a rounding error.
    if budget < smallest * (1 - 1e-6):
        raise ValueError(
            f"budget is {budget:g} USD; {prompts:.10g} prompts cost {smallest:.6g} USD at the cheapest model: it must "
            "be at least that"
        )


def _countable(pace: Pace) -> Array:
    """Return whether the period can be counted in prompts; a clock that stands still does not allow it."""
    return pace.known & (pace.per_prompt > 0.0)


def _part_of_day(time_of_day: Array, num_parts: int, xp: Any) -> tuple[Array, Array]:
    """Return which part of the day a time in [0, 1) lies in, () int32, and how far through that part it is, 0 .. 1."""
    position = time_of_day * num_parts
    here = xp.minimum(xp.floor(position), num_parts - 1.0)
    return xp.int32(here), position - here
