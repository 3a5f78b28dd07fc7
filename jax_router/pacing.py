"""The price of money that makes a budget last exactly as long as its period.

A policy's plan says what its prompts cost at each price, hour by hour. Before every prompt the price is set at which
the rest of the period is expected to cost what is left of the budget. What prompts really cost is compared with the
plan as they come, and the ratio of the two corrects it. That is model predictive control with one number that is
learned: where the plan is right, the price moves as little as luck allows.

(Steps of dual gradient descent on the price, as Balseiro and Gur, 2019, pace advertising budgets, need no plan. But no
step size fits all budgets: near what the cheapest model costs, a tenth of the cost is a factor of 10 in the price.)

A period is counted in prompts where their number is known, and otherwise in days of mean load: prompts come when the
load is there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.plan import Plan, day_integral
from jax_router.pricing import priced_observation
from jax_router.v0.env import State
from jax_router.v0.params import Params

PRIOR_PROMPTS = 10.0
"""The plan is believed as if this many prompts had been as dear as it says."""
COST_MEMORY = 0.001
"""Weight of the last prompt in what is known of real costs: a thousand prompts are remembered."""
GAP_MEMORY = 0.01
"""Weight of the last prompt in the mean of what prompts take of the period; gaps are uneven, one by one."""

Preferences = Callable[[jax.Array], jax.Array]
"""From priced observations (B, N + 5) to a preference for each model (B, N), both float32."""


@struct.dataclass
class Pace:
    """Where a budget stands between two prompts; every field float32, and all of one shape."""

    log_price: jax.Array  # of the last prompt, reward per USD
    budget_left: jax.Array  # USD
    period_left: jax.Array  # prompts, or days of mean load
    taken: jax.Array  # of the period by one prompt, in the mean: 1 prompt, or days of mean load; 0: not known yet
    spent: jax.Array  # USD, by the prompts remembered
    expected: jax.Array  # USD, that the plan says of the same prompts
    num_prompts: jax.Array  # prompts so far


def begin(
    plan: Plan, budget: jax.Array, period: jax.Array, taken: jax.Array, time_of_day: jax.Array, cost_ratio: float = 1.0
) -> Pace:
    """The pace before the first prompt; all (...) float32.

    Args:
        plan: of the policy.
        budget: USD.
        period: prompts, or days of mean load.
        taken: 1 where the period is counted in prompts, 0 where what a prompt takes of it is not known yet.
        time_of_day: days in [0, 1).
        cost_ratio: what prompts are first thought to cost, over what the plan says.
    """
    # The price where none can be set yet: the middle of the range on a logarithmic scale.
    log_price = 0.5 * (plan.log_prices[0] + plan.log_prices[-1]) * jnp.ones_like(budget)
    expected = PRIOR_PROMPTS * plan.cost_at(log_price, time_of_day)
    return Pace(log_price, budget, period, taken, cost_ratio * expected, expected, num_prompts=0.0 * budget)


def set_price(pace: Pace, plan: Plan, time_of_day: jax.Array, days: jax.Array) -> Pace:
    """The pace with the price for the next prompt: the rest of the period is expected to cost what is left.

    Args:
        pace: after the prompt before it.
        plan: of the policy.
        time_of_day: days in [0, 1).
        days: that are left of the period.
    """
    prompts = pace.period_left / jnp.where(pace.taken > 0.0, pace.taken, 1.0)
    share = jnp.maximum(pace.budget_left, 0.0) / jnp.maximum(prompts, 1.0)
    # As the plan counts: where prompts are twice as dear as it says, a share buys half.
    planned = share * pace.expected / jnp.maximum(pace.spent, jnp.finfo(jnp.float32).tiny)
    log_price = plan.log_price_for(planned, time_of_day, days)
    # Nothing is known before the first gap between two prompts.
    return replace(pace, log_price=jnp.where(pace.taken > 0.0, log_price, pace.log_price))


def charge(pace: Pace, plan: Plan, time_of_day: jax.Array, cost: jax.Array, taken: jax.Array | float) -> Pace:
    """The pace after a prompt.

    Args:
        pace: with the price that it was routed at.
        plan: of the policy.
        time_of_day: when it was routed, days in [0, 1).
        cost: USD that it cost, float32, shaped as the fields of `pace`.
        taken: what it took of the period: 1 prompt, or the days of mean load since the prompt before it.
    """
    # The mean of the first gaps, later one that forgets.
    weight = jnp.maximum(1.0 / (pace.num_prompts + 1.0), GAP_MEMORY)
    return replace(
        pace,
        budget_left=pace.budget_left - cost,
        period_left=pace.period_left - taken,
        taken=pace.taken + weight * (taken - pace.taken),
        spent=(1.0 - COST_MEMORY) * pace.spent + cost,
        expected=(1.0 - COST_MEMORY) * pace.expected + plan.cost_at(pace.log_price, time_of_day),
        num_prompts=pace.num_prompts + 1.0,
    )


def affordable(pace: Pace, costs: jax.Array) -> jax.Array:
    """Which models leave enough for every later prompt at the cheapest of them, (..., N) bool.

    The cheapest itself is always allowed. A budget of at least what all prompts cost there is then never overspent and
    lasts to the last prompt. (Where the number of prompts is an estimate, so is what has to be left.)

    Args:
        pace: before a prompt, fields (...).
        costs: (N,) float32, USD.
    """
    cheapest = jnp.min(costs)
    later = jnp.where(pace.taken > 0.0, pace.period_left / pace.taken - 1.0, 0.0)
    free = pace.budget_left - cheapest * jnp.maximum(later, 0.0)
    costs = jnp.broadcast_to(costs, (*free.shape, costs.shape[-1]))
    return (costs <= free[..., None]) | (costs <= cheapest)


@dataclass(frozen=True)
class Paced:
    """A priced policy and its pacer, as a `PolicyWithMemory` of the simulator whose memory is a `Pace`.

    It never takes a model that is not `affordable`. Raises `ValueError` for a budget that even the cheapest model
    exceeds.
    """

    preferences: Preferences
    """Of the priced policy."""
    plan: Plan
    """Of the same policy."""
    params: Params
    """The routing problem, with the budget of an episode and the prices of the models."""
    by_time: bool = False
    """Pace on the time of day and the load, without knowing how many prompts an episode has."""
    cost_ratio: float = 1.0
    """What prompts are thought to cost when an episode begins, over what the plan says."""

    def __post_init__(self) -> None:
        check_budget(float(self.params.budget), int(self.params.episode_length), self.params.fleet.cost_per_call)

    def initial(self, state: State) -> Pace:
        """The pace before the first prompt of B episodes, fields (B,)."""
        ones = jnp.ones_like(state.time_of_day)
        length, budget = self._length() * ones, self.params.budget * ones
        period, taken = (self._work(state, self._days(length)), 0.0 * ones) if self.by_time else (length, ones)
        return begin(self.plan, budget, period, taken, state.time_of_day, self.cost_ratio)

    def act(self, memory: Pace, key: jax.Array, observation: jax.Array, state: State) -> tuple[Pace, jax.Array]:
        """The pace after B prompts, one of each episode, and the models they go to, (B,) int32."""
        time, costs = state.time_of_day, jnp.asarray(self.params.fleet.cost_per_call)
        pace = set_price(memory, self.plan, time, self._days(self._length() - memory.num_prompts))
        preferences = self.preferences(priced_observation(observation, pace.log_price))
        action = jnp.argmax(jnp.where(affordable(pace, costs), preferences, -jnp.inf), axis=-1).astype(jnp.int32)
        taken = self._work(state, self._days(1.0)) if self.by_time else 1.0
        return charge(pace, self.plan, time, costs[action], taken), action

    def _length(self) -> jax.Array:
        return jnp.asarray(self.params.episode_length, jnp.float32)

    def _days(self, prompts: jax.Array | float) -> jax.Array:
        return prompts / self.params.steps_per_day

    def _work(self, state: State, days: jax.Array) -> jax.Array:
        return day_integral(state.time_of_day, days, self.params.traffic.load)


def smallest_budget(params: Params) -> float:
    """What an episode costs at the cheapest model, USD."""
    return float(np.min(params.fleet.cost_per_call)) * int(params.episode_length)


def check_budget(budget: float, prompts: int, costs: jax.Array | np.ndarray) -> None:
    """Raise a `ValueError` where `prompts` prompts cost more than `budget` USD at the cheapest of N models, (N,)."""
    smallest = float(np.min(costs)) * prompts
    # The costs are float32: what is exact in decimals is off by as much.
    if budget < smallest * (1 - 1e-6):
        raise ValueError(
            f"budget is {budget:g} USD; {prompts} prompts cost {smallest:.6g} USD at the cheapest model: it must be at "
            "least that"
        )
