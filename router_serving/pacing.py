"""Pacing: the price of money at which a budget lasts for its period. One rule for serving and for the simulator.

Every function is about one budget and takes the array namespace `xp`: `numpy` while serving, `jax.numpy` in the
simulator, where `jax.vmap` makes a batch of it. `Plan` and `Pace` are tuples of numbers, so that both know them.

A priced policy comes with a plan: what its prompts cost at each price and hour. Before a prompt, `set_price` looks up
the price at which the rest of the period is expected to cost what is left, corrected by how real costs compare with
planned ones. A model is `affordable` if it leaves enough for every later prompt at the cheapest one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Array = Any
"""An array, or a number, of the namespace `xp`."""

PRIOR_PROMPTS = 10.0
"""The plan is believed as if this many prompts had cost what it says."""
COST_MEMORY = 0.001
"""The weight of the last prompt in what is known of real costs: a thousand prompts are remembered."""
GAP_MEMORY = 0.01
"""The weight of the last prompt in the mean of what a prompt takes of the period."""
SHORTEST_OUTLOOK = 1e-3
"""The days that are looked ahead at least: the difference of two float32 integrals over less is mostly rounding."""


SMALLEST_COST = float(np.finfo(np.float32).tiny)
"""USD; real costs of nothing are taken for this, so that they can be divided by."""


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
    spent: Array  # USD, by the prompts that are remembered
    expected: Array  # USD, that the plan says of the same prompts
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
        per_prompt: () what a prompt takes of it.
        known: () bool, whether that is known; `per_prompt` is then learned from the first prompt on.
        time_of_day: () days in [0, 1).
        cost_ratio: () what prompts are first thought to cost, over what the plan says.
        xp: the array namespace.
    """
    # No price can be set yet: the middle of the range on a logarithmic scale.
    log_price = 0.5 * (plan.log_prices[0] + plan.log_prices[-1])
    expected = PRIOR_PROMPTS * cost_at(plan, log_price, time_of_day, xp)
    nothing = xp.zeros_like(expected)
    return Pace(log_price, budget, period, per_prompt, known, cost_ratio * expected, expected, nothing)


def cost_at(plan: Plan, log_price: Array, time_of_day: Array, xp: Any) -> Array:
    """USD that a prompt is expected to cost at a price and a time of day, days in [0, 1); all ()."""
    here, _ = _part_of_day(time_of_day, len(plan.cost), xp)
    return xp.interp(log_price, plan.log_prices, plan.cost[here])


def log_price_for(plan: Plan, cost: Array, time_of_day: Array, days: Array, xp: Any) -> Array:
    """Log of the price at which the mean prompt of the next `days` costs `cost` USD; all ().

    It is the highest or the lowest price of the plan where `cost` is out of the plan's range.
    """
    days = xp.maximum(days, SHORTEST_OUTLOOK)
    expected = day_integral(time_of_day, days, plan.cost, plan.cost_until, xp) / days
    # What is interpolated over must rise; costs fall with the price. Where several prices cost the same, such as all
    # of a fleet that is free, the lowest is right.
    return xp.where(cost >= expected[0], plan.log_prices[0], xp.interp(-cost, -expected, plan.log_prices))


def work(plan: Plan, time_of_day: Array, days: Array, xp: Any) -> Array:
    """What the next `days` bring, in days of mean load; all ()."""
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

    # Whole days apart: beside many of them, float32 would lose the time of day.
    whole = xp.floor(days)
    rest = since_midnight(time_of_day + (days - whole)) - since_midnight(time_of_day)
    return whole * until[-1] + rest


def set_price(pace: Pace, plan: Plan, time_of_day: Array, days: Array, held: Array, xp: Any) -> Pace:
    """The pace with the price for the next prompt: the rest of the period is expected to cost what is left.

    Args:
        pace: after the prompt before it.
        plan: of the policy.
        time_of_day: () days in [0, 1).
        days: () that are left of the period.
        held: () USD that is owed for prompts whose bills have not come.
        xp: the array namespace.
    """
    share = xp.maximum(pace.budget_left - held, 0.0) / xp.maximum(prompts_to_come(pace, xp), 1.0)
    # As the plan counts: where prompts cost twice what it says, a share buys half.
    planned = share * pace.expected / xp.maximum(pace.spent, SMALLEST_COST)
    log_price = log_price_for(plan, planned, time_of_day, days, xp)
    # Nothing is known before the first gap between two prompts.
    return pace._replace(log_price=xp.where(_countable(pace), log_price, pace.log_price))


def affordable(pace: Pace, costs: Array, cheapest_later: Array, held: Array, xp: Any) -> Array:
    """Which models leave enough for every later prompt at the cheapest of them, (N,) bool.

    The cheapest itself is always allowed. A budget of at least what all prompts cost there is then never overspent and
    lasts to the last prompt. (Where the number of prompts is an estimate, so is what has to be left.)

    Args:
        pace: before a prompt.
        costs: (N,) USD, that this prompt is expected to cost at each model.
        cheapest_later: () USD, that a later prompt is expected to cost at the cheapest model.
        held: () USD that is owed for prompts whose bills have not come.
        xp: the array namespace.
    """
    later = xp.maximum(prompts_to_come(pace, xp) - 1.0, 0.0)
    free = pace.budget_left - held - cheapest_later * later
    return (costs <= free) | (costs <= xp.min(costs))


def cost_ratio(pace: Pace, xp: Any) -> Array:
    """What prompts really cost, over what the plan says of them, (); 1 where it says that they cost nothing."""
    has_plan = pace.expected > 0.0
    return xp.where(has_plan, pace.spent / xp.where(has_plan, pace.expected, 1.0), 1.0)


def prompts_to_come(pace: Pace, xp: Any) -> Array:
    """Prompts that are still to come, the next one included, (); 1 where that cannot be told yet."""
    countable = _countable(pace)
    return xp.where(countable, pace.period_left / xp.where(countable, pace.per_prompt, 1.0), 1.0)


def pass_prompt(pace: Pace, taken: Array, xp: Any) -> Pace:
    """The pace after a prompt has taken its part of the period: 1 prompt, or () days of mean load since the last."""
    # The mean of the first gaps, later one that forgets.
    weight = xp.maximum(1.0 / (pace.num_prompts + 1.0), GAP_MEMORY)
    learned = pace.per_prompt + weight * (taken - pace.per_prompt)
    return pace._replace(
        period_left=pace.period_left - taken,
        per_prompt=xp.where(pace.known, learned, taken),
        known=xp.ones_like(pace.known),
        num_prompts=pace.num_prompts + 1.0,
    )


def book(pace: Pace, cost: Array, planned: Array) -> Pace:
    """The pace after a bill of `cost` USD for a prompt of which the plan said `planned` USD; both ()."""
    return pace._replace(
        budget_left=pace.budget_left - cost,
        spent=(1.0 - COST_MEMORY) * pace.spent + cost,
        expected=(1.0 - COST_MEMORY) * pace.expected + planned,
    )


def smallest_budget(costs: ArrayLike, prompts: float) -> float:
    """What `prompts` prompts cost at the cheapest of N models, costs (N,), USD."""
    return float(np.min(costs)) * prompts


def check_budget(budget: float, prompts: float, costs: ArrayLike) -> None:
    """Raise a `ValueError` where `prompts` prompts cost more than `budget` USD at the cheapest of N models, (N,)."""
    smallest = smallest_budget(costs, prompts)
    # The costs are float32: what is exact in decimals is off by as much.
    if budget < smallest * (1 - 1e-6):
        raise ValueError(
            f"budget is {budget:g} USD; {prompts:.10g} prompts cost {smallest:.6g} USD at the cheapest model: it must "
            "be at least that"
        )


def _countable(pace: Pace) -> Array:
    """Whether the period can be counted in prompts: a clock that stands still tells nothing."""
    return pace.known & (pace.per_prompt > 0.0)


def _part_of_day(time_of_day: Array, num_parts: int, xp: Any) -> tuple[Array, Array]:
    """Which part of the day a time in [0, 1) lies in, () int32, and how far through it, 0 .. 1."""
    position = time_of_day * num_parts
    here = xp.minimum(xp.floor(position), num_parts - 1.0)
    return xp.int32(here), position - here
