"""Days of a paced policy, prompt by prompt, with something going wrong in the middle; and what hindsight would do."""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router import Params, PolicyWithMemory, State, draw_noise, observe, transition
from jax_router.constants import constant
from jax_router.memory import with_memory
from jax_router.pacing import Pace, Paced
from jax_router.reward import reward
from jax_router.rollout import reset_batch
from train.priced_policy import PricedPolicy
from train.strategies import as_strategy, paced

BOUNDLESS = 1e30
"""A budget that no cost can be told from in float32, USD."""


@struct.dataclass
class Days:
    """E episodes of T prompts, every field (T, E)."""

    price: jax.Array  # float32, reward per USD, that the prompt was routed at
    budget_left: jax.Array  # float32, USD, before the prompt
    cost: jax.Array  # float32, USD
    reward: jax.Array  # float32
    action: jax.Array  # int32


@dataclass(frozen=True)
class Trial:
    """One budget, and what goes wrong with it."""

    budget: float
    """USD."""
    first_price_factor: float = 1.0
    """The first price is wrong by this factor."""
    halve_budget: bool = False
    """Half of what is left is taken away in mid-episode."""
    double_load: bool = False
    """From mid-episode on, twice as many requests arrive."""

    @property
    def name(self) -> str:
        """What goes wrong, in words."""
        wrong = [f"first price x {self.first_price_factor:g}"] if self.first_price_factor != 1 else []
        wrong += ["budget halved"] if self.halve_budget else []
        wrong += ["load doubled"] if self.double_load else []
        return ", ".join(wrong) or "as planned"


@dataclass(frozen=True)
class Result:
    """What became of a trial; means over E episodes."""

    trial: Trial
    reward: float
    cost: float
    """USD."""
    allowed: float
    """USD: the budget, or what halving it left of it."""
    first_half_reward: float
    first_half_cost: float
    """USD."""
    most_overspent: float
    """USD over what was allowed, in the worst episode; at most 0 where no cent was."""


class Hindsight:
    """What fixed prices cost and earn over E episodes when no budget binds."""

    def __init__(self, policy: PricedPolicy, params: Params, key: jax.Array, num_episodes: int, num_prices: int = 48):
        """Run `num_prices` prices from all over the policy's range, without and with the load doubled."""
        free = replace(params, budget=constant(BOUNDLESS))
        prices = jnp.asarray(np.geomspace(policy.min_price, policy.max_price, num_prices), jnp.float32)

        @jax.jit
        def run(prices: jax.Array, load_factor: jax.Array) -> tuple[jax.Array, jax.Array]:
            def one(price: jax.Array) -> tuple[jax.Array, jax.Array]:
                days = _run(key, with_memory(as_strategy(policy, price)), free, load_factor, num_episodes)
                return _halves(days.cost), _halves(days.reward)

            return jax.lax.map(one, prices)

        # By whether the load is doubled: cost, USD, and reward of each half of the episode, (num_prices, 2) each.
        self._points = {double: run(prices, jnp.float32(2 if double else 1)) for double in (False, True)}

    def reward(self, result: Result) -> float:
        """Of the best fixed price within what was allowed; NaN where every price costs more.

        Where the budget was halved, of that price in the second half, after a first half as it went: nobody could
        have known.
        """
        cost, earned = (np.asarray(halves, np.float64) for halves in self._points[result.trial.double_load])
        if result.trial.halve_budget:
            rest = result.allowed - result.first_half_cost
            return result.first_half_reward + _most(rest, cost[:, 1], earned[:, 1])
        return _most(result.allowed, cost.sum(1), earned.sum(1))


def _most(budget: float, cost: np.ndarray, earned: np.ndarray) -> float:
    """The most that is earned for at most `budget`, between neighbours in cost by interpolation; NaN for too little."""
    order = np.argsort(cost)
    cost, earned = cost[order], earned[order]
    if budget < cost[0]:
        return float("nan")
    return float(max(earned[cost <= budget].max(), np.interp(budget, cost, earned)))


def _halves(values: jax.Array) -> jax.Array:
    """(T, E) to the sums over both halves of an episode, means over the episodes, (2,)."""
    middle = values.shape[0] // 2
    return jnp.stack([values[:middle].sum(0).mean(), values[middle:].sum(0).mean()])


def run_trial(
    policy: PricedPolicy, params: Params, trial: Trial, key: jax.Array, num_episodes: int
) -> tuple[Result, Days]:
    """What became of a trial, and its days."""
    problem = replace(params, budget=constant(trial.budget))
    first_price = float(np.clip(policy.first_price * trial.first_price_factor, policy.min_price, policy.max_price))
    pacer = paced(policy, problem, first_price)
    middle = int(params.episode_length) // 2
    strategy = _Halved(pacer, middle) if trial.halve_budget else pacer
    # What the pacer allows is to be seen by itself: the simulator does not stop it.
    free = replace(problem, budget=constant(BOUNDLESS))
    load_factor = jnp.float32(2 if trial.double_load else 1)
    run = jax.jit(lambda key: _run(key, strategy, free, load_factor, num_episodes))
    days = jax.tree.map(np.asarray, run(key))
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
    """A pacer that is started anew in the middle, at its price, with half of what is left."""

    pacer: Paced
    middle: int

    def initial(self, state: State) -> Pace:
        return self.pacer.initial(state)

    def act(self, memory: Pace, key: jax.Array, observation: jax.Array, state: State) -> tuple[Pace, jax.Array]:
        now = state.step_count == self.middle
        memory = replace(
            memory,
            budget_left=jnp.where(now, 0.5, 1.0) * memory.budget_left,
            num_prompts=jnp.where(now, 0.0, memory.num_prompts),
        )
        return self.pacer.act(memory, key, observation, state)


def _run(key: jax.Array, policy: PolicyWithMemory, params: Params, load_factor: jax.Array, num_episodes: int) -> Days:
    """Every prompt of E episodes that no budget ends; the arrivals are multiplied from mid-episode on."""
    key_reset, key_noise = jax.random.split(key)
    state = reset_batch(key_reset, num_episodes, params)
    num_steps = int(params.episode_length)
    arrival_mean = jnp.asarray(params.congestion.arrival_mean)

    def one_step(carry: tuple[Any, State], t: jax.Array) -> tuple[tuple[Any, State], Days]:
        memory, state = carry
        factor = jnp.where(t >= num_steps // 2, load_factor, 1.0)
        problem = replace(params, congestion=replace(params.congestion, arrival_mean=arrival_mean * factor))
        observation = jax.vmap(observe, in_axes=(0, None))(state, problem)
        later, action = policy.act(memory, key, observation, state)
        noise = draw_noise(jax.random.fold_in(key_noise, t), problem.num_models, (num_episodes,))
        state, outcome = jax.vmap(transition, in_axes=(0, 0, 0, None))(state, action, noise, problem)
        earned = jax.vmap(reward, in_axes=(0, None))(outcome, problem.reward)
        zeros = jnp.zeros_like(earned)
        price, left = (jnp.exp(memory.log_price), memory.budget_left) if isinstance(memory, Pace) else (zeros, zeros)
        return (later, state), Days(price, left, outcome.cost, earned, action)

    _, days = jax.lax.scan(one_step, (policy.initial(state), state), jnp.arange(num_steps, dtype=jnp.int32))
    return days
