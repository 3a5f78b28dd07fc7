"""Days of a paced policy, prompt by prompt, with trouble in the middle, compared with hindsight."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import versions
from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number, check_whole_number
from jax_router.internal.constants import as_arrays, call_compiled, compiled
from jax_router.policy import with_memory
from jax_router.simulator import AnyParams
from router_serving.pacing import Pace
from router_serving.priced_policy import PricedPolicy
from train.agents.days import Days, run_days
from train.agents.paced import Paced
from train.agents.strategies import as_strategy, paced, ratio_for_wrong_price


@dataclass(frozen=True)
class Trial:
    """One budget, and the trouble that comes with it."""

    budget: float
    """USD."""
    first_price_factor: float = 1.0
    """The first price is wrong by this factor."""
    halve_budget: bool = False
    """Half of what is left is taken away in mid-episode."""
    double_load: bool = False
    """From mid-episode on, twice as many requests arrive."""

    def __post_init__(self) -> None:
        """Raise a `ValueError` for numbers that are none, or not above 0."""
        check_number("budget", self.budget, above=0)
        check_number("first_price_factor", self.first_price_factor, above=0)

    @property
    def name(self) -> str:
        """What goes wrong, in words."""
        wrong = [f"first price x {self.first_price_factor:g}"] if self.first_price_factor != 1 else []
        wrong += ["budget halved"] if self.halve_budget else []
        wrong += ["load doubled"] if self.double_load else []
        return ", ".join(wrong) or "as planned"


@dataclass(frozen=True)
class Result:
    """The result of a trial; numbers are means over E episodes."""

    trial: Trial
    reward: float
    cost: float
    """USD."""
    allowed: float
    """What might be spent, USD: the budget, less what halving took away."""
    first_half_reward: float
    first_half_cost: float
    """USD."""
    most_overspent: float
    """The overspending of the worst episode, USD; at most 0 if no episode overspent."""


class Hindsight:
    """The costs and rewards of fixed prices over E episodes that no budget ends."""

    def __init__(
        self, policy: PricedPolicy, params: AnyParams, key: jax.Array, num_episodes: int, num_prices: int = 48
    ):
        """Run `num_prices` prices from all over the policy's range, without and with the load doubled."""
        num_prices = check_whole_number("num_prices", num_prices, at_least=1)
        prices = jnp.asarray(np.geomspace(policy.min_price, policy.max_price, num_prices), jnp.float32)
        problem = as_arrays(params)

        def run(prices: jax.Array, load_factor: jax.Array) -> tuple[jax.Array, jax.Array]:
            def one(price: jax.Array) -> tuple[jax.Array, jax.Array]:
                strategy = with_memory(as_strategy(policy, price))
                days = run_days(key, strategy, problem, num_episodes, _loaded(problem, load_factor))
                return _halves(days.cost), _halves(days.reward)

            return jax.lax.map(one, prices)

        # The keys say whether the load is doubled; the values are the cost, USD, and the reward of each half of the
        # episode, (num_prices, 2) each.
        program = compiled(run, prices, jnp.float32(1))
        self._points = {double: program(prices, jnp.float32(2 if double else 1)) for double in (False, True)}

    def reward(self, result: Result) -> float:
        """Return the mean reward of the best fixed price whose mean cost was allowed; NaN if every price costs more.

        If the budget was halved or the load doubled, the price is fixed for the second half only, and the first half
        is the policy's own, because nobody could have known.
        """
        cost, earned = (np.asarray(halves, np.float64) for halves in self._points[result.trial.double_load])
        if result.trial.halve_budget or result.trial.double_load:
            rest = result.allowed - result.first_half_cost
            return result.first_half_reward + _most(rest, cost[:, 1], earned[:, 1])
        return _most(result.allowed, cost.sum(1), earned.sum(1))


def _most(budget: float, cost: np.ndarray, earned: np.ndarray) -> float:
    """Return the most that is earned for at most `budget`, interpolated over costs; NaN if every cost is higher."""
    order = np.lexsort((earned, cost))  # among equal costs, the best is last, where interpolation goes on
    cost, earned = cost[order], earned[order]
    if budget < cost[0]:
        return float("nan")
    return float(max(earned[cost <= budget].max(), np.interp(budget, cost, earned)))


def _halves(values: jax.Array) -> jax.Array:
    """Sum (T, E) over each half of an episode, and return the means over the episodes, (2,)."""
    middle = values.shape[0] // 2
    return jnp.stack([values[:middle].sum(0).mean(), values[middle:].sum(0).mean()])


def _loaded(params: AnyParams, load_factor: jax.Array) -> Callable[[jax.Array], AnyParams]:
    """Return a function from a prompt's index to the problem; from mid-episode on, the load is `load_factor` times."""
    middle = int(params.episode_length) // 2
    with_load_factor = versions.of(params).budgeting.with_load_factor
    return lambda t: with_load_factor(params, jnp.where(t >= middle, load_factor, 1.0))


def run_trial(
    policy: PricedPolicy, params: Any, trial: Trial, key: jax.Array, num_episodes: int
) -> tuple[Result, Days]:
    """Run a trial, and return its result and its days."""
    problem = as_arrays(replace(params, budget=constant(trial.budget)))
    ratio = jnp.float32(ratio_for_wrong_price(policy, problem, trial.first_price_factor))
    pacer = paced(policy, problem, cost_ratio=ratio)
    middle = int(params.episode_length) // 2
    strategy = _Halved(pacer, middle) if trial.halve_budget else pacer
    # The simulator does not end episodes by the budget, so that the pacer alone keeps to it.
    load_factor = jnp.float32(2 if trial.double_load else 1)
    load = _loaded(problem, load_factor)
    days = call_compiled(lambda key: run_days(key, strategy, problem, num_episodes, load), key)
    days = jax.tree.map(np.asarray, days)
    spent = days.cost.sum(0, dtype=np.float64)
    allowed = np.full(num_episodes, trial.budget)
    if trial.halve_budget:
        before = days.cost[:middle].sum(0, dtype=np.float64)
        allowed = before + (trial.budget - before) / 2
    result = Result(
        trial,
        reward=float(days.reward.sum(0).mean()),
        cost=float(spent.mean()),
        allowed=float(allowed.mean()),
        first_half_reward=float(_halves(days.reward)[0]),
        first_half_cost=float(_halves(days.cost)[0]),
        most_overspent=float((spent - allowed).max()),
    )
    return result, days


@dataclass(frozen=True)
class _Halved:
    """A pacer that loses half of what is left of the budget in mid-episode."""

    pacer: Paced
    middle: int

    def initial(self, state: Any) -> Pace:
        return self.pacer.initial(state)

    def act(self, memory: Pace, key: jax.Array, observation: jax.Array, state: Any) -> tuple[Pace, jax.Array]:
        left = jnp.where(state.step_count == self.middle, 0.5, 1.0) * memory.budget_left
        return self.pacer.act(memory._replace(budget_left=left), key, observation, state)

    def tell(self, before: Pace, after: Pace) -> dict[str, jax.Array]:
        return self.pacer.tell(before, after)
