"""A priced policy and its pacer in the simulator: the rule of `router_serving.pacing`, for a batch of episodes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from jax_router import versions
from jax_router.internal.checks import check_number, check_whole_number
from jax_router.simulator import PRACTICALLY_INFINITE, AnyParams
from router_serving.pacing import (
    Pace,
    Plan,
    affordable,
    begin,
    book,
    check_budget,
    cost_at,
    pass_prompt,
    set_price,
    smallest_budget,
    work,
)
from router_serving.policy import best_allowed, priced_observation

Preferences = Callable[[jax.Array], jax.Array]
"""A function from priced observations (B, D + 1) to a preference for each model (B, N), both float32."""

MOST_PROMPTS = 2**24
"""The most prompts in an episode that a pacer can count, because it counts in float32."""


def smallest_budget_of(params: AnyParams) -> float:
    """Return what an episode costs at the cheapest model, USD."""
    return smallest_budget(versions.of(params).budgeting.mean_costs(params), int(params.episode_length))


def check_budget_of(params: AnyParams) -> None:
    """Raise a `ValueError` where an episode costs more than its budget at the cheapest model."""
    costs = versions.of(params).budgeting.mean_costs(params)
    check_budget(float(params.budget), int(params.episode_length), costs)


@dataclass(frozen=True)
class Paced:
    """A priced policy that spends an episode's budget, as a `PolicyWithMemory` whose memory is a `Pace`, fields (B,).

    It never takes a model that is not `affordable`. Raises `ValueError` for a budget that even the cheapest model
    exceeds, for an episode of more than `MOST_PROMPTS` prompts, and for a ratio below 0.
    """

    preferences: Preferences
    """The network of the priced policy."""
    plan: Plan
    """The plan of the priced policy, float32, with the load of `params`."""
    params: AnyParams
    """The routing problem, with the budget of an episode and the costs of the models."""
    by_time: bool = False
    """Pace on the time of day and the load, without knowing how many prompts an episode has."""
    cost_ratio: float = 1.0
    """What prompts are believed to cost when an episode begins, divided by what they cost by the plan."""

    def __post_init__(self) -> None:
        """Raise the `ValueError` that the class describes."""
        check_number("cost_ratio", self.cost_ratio, at_least=0)
        check_whole_number("episode_length", self.params.episode_length, at_least=1, at_most=MOST_PROMPTS)
        check_budget_of(self.params)

    def initial(self, state: Any) -> Pace:
        """Return the pace before the first prompt of B episodes."""
        days = self._length / self._prompts_per_day

        def one(time_of_day: jax.Array) -> Pace:
            period = work(self.plan, time_of_day, days, jnp) if self.by_time else self._length
            per_prompt, known = jnp.float32(not self.by_time), jnp.bool_(not self.by_time)
            budget, ratio = jnp.asarray(self.params.budget, jnp.float32), jnp.float32(self.cost_ratio)
            return begin(self.plan, budget, period, per_prompt, known, time_of_day, ratio, jnp)

        return jax.vmap(one)(state.time_of_day)

    def act(self, memory: Pace, key: jax.Array, observation: jax.Array, state: Any) -> tuple[Pace, jax.Array]:
        """Return the pace after B prompts, one of each episode, and the models that they go to, (B,) int32."""
        costs = self._budgeting.expected_costs(state, self.params)
        pace = jax.vmap(self._priced)(_settled(memory, state.budget_remaining), state.time_of_day)
        preferences = self.preferences(priced_observation(observation, pace.log_price, self._budget_index, jnp))
        within = jax.vmap(self._affordable)(pace, costs)
        action = best_allowed(preferences, within, jnp).astype(jnp.int32)
        cost = jnp.take_along_axis(costs, action[:, None], axis=-1)[:, 0]
        return jax.vmap(self._booked)(pace, state.time_of_day, cost), action

    def tell(self, before: Pace, after: Pace) -> dict[str, jax.Array]:
        """Return, for B prompts, the `price` (reward per USD) and the `budget_left` before each of them (USD)."""
        return {"price": jnp.exp(after.log_price), "budget_left": before.budget_left}

    @cached_property
    def _budgeting(self) -> versions.Budgeting:
        return versions.of(self.params).budgeting

    @property
    def _length(self) -> jax.Array:
        """Return the number of prompts in an episode."""
        return jnp.asarray(self.params.episode_length, jnp.float32)

    @property
    def _prompts_per_day(self) -> jax.Array:
        return jnp.asarray(self._budgeting.prompts_per_day(self.params), jnp.float32)

    @property
    def _budget_index(self) -> int:
        return versions.of(self.params).observation.budget(self.params.num_models)

    def _priced(self, pace: Pace, time_of_day: jax.Array) -> Pace:
        days = (self._length - pace.num_prompts) / self._prompts_per_day
        return set_price(pace, self.plan, time_of_day, days, 0.0, jnp)

    def _affordable(self, pace: Pace, costs: jax.Array) -> jax.Array:
        cheapest = jnp.min(jnp.asarray(self._budgeting.mean_costs(self.params)))
        return affordable(pace, costs, cheapest, 0.0, jnp)

    def _booked(self, pace: Pace, time_of_day: jax.Array, cost: jax.Array) -> Pace:
        taken = work(self.plan, time_of_day, 1.0 / self._prompts_per_day, jnp) if self.by_time else jnp.float32(1)
        planned = cost_at(self.plan, pace.log_price, time_of_day, jnp)
        return book(pass_prompt(pace, taken, jnp), cost, planned)


def _settled(pace: Pace, budget_remaining: jax.Array) -> Pace:
    """The pace once the last prompts have cost what they did, not what was expected; budgets are (B,) USD.

    Where a prompt costs what is expected, the two are the same number, and nothing changes. A simulator whose budget
    is practically infinite keeps no account, and the pace goes on with what was expected.
    """
    kept = budget_remaining < PRACTICALLY_INFINITE / 2
    left = jnp.where(kept, budget_remaining, pace.budget_left)
    return pace._replace(budget_left=left, spent=pace.spent + (pace.budget_left - left))
