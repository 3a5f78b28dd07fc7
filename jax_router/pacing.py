"""The price of money that keeps spending on plan, set anew after every prompt.

What is left of a budget is spread evenly over what is left of its period. Where a prompt costs more than its share, the
price rises; where it costs less, the price falls. That is a step of dual gradient descent on the logarithm of the price
(Balseiro and Gur, 2019, pace advertising budgets so), bounded, because one dear prompt says little.

A period is counted in prompts where their number is known, and otherwise in days of mean load: prompts come when the
load is there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.env import State
from jax_router.params import Params
from jax_router.pricing import priced_observation

STEP_SIZE = 0.05
"""How far the log of the price moves for a prompt that costs twice its share, in the long run."""
FIRST_PROMPTS = 10
"""The step is FIRST_PROMPTS / (FIRST_PROMPTS + n) for prompt n until it is down to STEP_SIZE: a wrong first price is
put right within some dozen prompts, not hundreds."""
LARGEST_EXCESS = 3.0
"""A prompt counts as at most this many shares too dear."""
MEMORY = 0.01
"""Weight of the last prompt in the mean of what prompts take of the period."""

Preferences = Callable[[jax.Array], jax.Array]
"""From priced observations (B, N + 5) to a preference for each model (B, N), both float32."""


@struct.dataclass
class Pace:
    """Where a budget stands between two prompts; every field float32, and all of one shape."""

    log_price: jax.Array  # of reward per USD
    budget_left: jax.Array  # USD
    period_left: jax.Array  # prompts, or days of mean load
    taken: jax.Array  # of the period by one prompt, in the mean: 1 prompt, or days of mean load; 0: not known yet
    num_prompts: jax.Array  # prompts so far


def charge(
    pace: Pace, cost: jax.Array, taken: jax.Array | float, log_prices: tuple[float | jax.Array, float | jax.Array]
) -> Pace:
    """The pace after a prompt.

    Args:
        pace: before it.
        cost: USD that it cost, float32, shaped as the fields of `pace`.
        taken: what it took of the period: 1 prompt, or the days of mean load since the prompt before it.
        log_prices: the least and the greatest logarithm of a price.
    """
    # Gaps between prompts are too uneven to pace on one by one: the mean of the first ones, later one that forgets.
    weight = jnp.maximum(1.0 / (pace.num_prompts + 1.0), MEMORY)
    mean_taken = pace.taken + weight * (taken - pace.taken)
    share = pace.budget_left * mean_taken / jnp.maximum(pace.period_left, mean_taken)
    excess = jnp.clip(cost / share - 1.0, -LARGEST_EXCESS, LARGEST_EXCESS)
    step = jnp.maximum(FIRST_PROMPTS / (FIRST_PROMPTS + pace.num_prompts), STEP_SIZE)
    # Nothing is known before the first gap between two prompts; a budget that is spent has no share, and no cost.
    log_price = pace.log_price + jnp.where(share > 0.0, step * excess, 0.0)
    return Pace(
        log_price=jnp.clip(log_price, *log_prices),
        budget_left=pace.budget_left - cost,
        period_left=pace.period_left - taken,
        taken=mean_taken,
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


def work_between(time_of_day: jax.Array, days: jax.Array | float, load: jax.Array) -> jax.Array:
    """The integral of the load over the next `days`, in days of mean load; any shape, float32.

    Args:
        time_of_day: where it begins, days in [0, 1).
        days: at least 0.
        load: (L,) float32, mean 1, constant over each L-th part of the day (see `jax_router.Traffic`).
    """
    load = jnp.asarray(load)
    num_bins = load.shape[-1]
    at_edges = jnp.concatenate([jnp.zeros(1, jnp.float32), jnp.cumsum(load)]) / num_bins

    def since_midnight(time: jax.Array) -> jax.Array:
        whole = jnp.floor(time)
        position = (time - whole) * num_bins
        here = jnp.minimum(position.astype(jnp.int32), num_bins - 1)
        return whole * at_edges[-1] + at_edges[here] + (position - here.astype(jnp.float32)) * load[here] / num_bins

    return since_midnight(time_of_day + days) - since_midnight(time_of_day)


@dataclass(frozen=True)
class Paced:
    """A priced policy and its pacer, as a `PolicyWithMemory` of the simulator whose memory is a `Pace`.

    It never takes a model that is not `affordable`. Raises `ValueError` for a budget that even the cheapest model
    exceeds.
    """

    preferences: Preferences
    """Of the priced policy."""
    params: Params
    """The routing problem, with the budget of an episode and the prices of the models."""
    min_price: float
    """Where the price is kept, reward per USD."""
    max_price: float
    """The same."""
    first_price: float
    """Of every episode, reward per USD."""
    by_time: bool = False
    """Pace on the time of day and the load, without knowing how many prompts an episode has."""

    def __post_init__(self) -> None:
        check_budget(float(self.params.budget), int(self.params.episode_length), self.params.fleet.cost_per_call)

    def initial(self, state: State) -> Pace:
        """The pace before the first prompt of B episodes, fields (B,)."""
        ones = jnp.ones_like(state.time_of_day)
        length = self.params.episode_length * ones
        period = self._work(state, self.params.episode_length / self.params.steps_per_day) if self.by_time else length
        return Pace(
            log_price=jnp.float32(np.log(self.first_price)) * ones,
            budget_left=self.params.budget * ones,
            period_left=period,
            taken=0.0 * ones if self.by_time else ones,
            num_prompts=0.0 * ones,
        )

    def act(self, memory: Pace, key: jax.Array, observation: jax.Array, state: State) -> tuple[Pace, jax.Array]:
        """The pace after B prompts, one of each episode, and the models they go to, (B,) int32."""
        costs = jnp.asarray(self.params.fleet.cost_per_call)
        preferences = self.preferences(priced_observation(observation, memory.log_price))
        allowed = affordable(memory, costs)
        action = jnp.argmax(jnp.where(allowed, preferences, -jnp.inf), axis=-1).astype(jnp.int32)
        taken = self._work(state, 1.0 / self.params.steps_per_day) if self.by_time else jnp.ones_like(memory.taken)
        log_prices = float(np.log(self.min_price)), float(np.log(self.max_price))
        return charge(memory, costs[action], taken, log_prices), action

    def _work(self, state: State, days: jax.Array | float) -> jax.Array:
        return work_between(state.time_of_day, days, self.params.traffic.load)


def check_budget(budget: float, prompts: int, costs: jax.Array | np.ndarray) -> None:
    """Raise a `ValueError` where `prompts` prompts cost more than `budget` USD at the cheapest of N models, (N,)."""
    smallest = float(np.min(costs)) * prompts
    # The costs are float32: what is exact in decimals is off by as much.
    if budget < smallest * (1 - 1e-6):
        raise ValueError(
            f"budget is {budget:g} USD; {prompts} prompts cost {smallest:.6g} USD at the cheapest model: it must be at "
            "least that"
        )
