"""Whole episodes that no budget ends, prompt by prompt: what fixed prices and pacers are measured by."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from jax_router import Params, PolicyWithMemory, State, draw_noise, observe, transition
from jax_router.pacing import Pace
from jax_router.simulator import reset_batch
from jax_router.simulator import without_budget
from jax_router.v0.reward import reward


@struct.dataclass
class Days:
    """E episodes of T prompts, every field (T, E)."""

    time_of_day: jax.Array  # float32, days in [0, 1)
    price: jax.Array  # float32, reward per USD, that the prompt was routed at; 0 without a pacer
    budget_left: jax.Array  # float32, USD, before the prompt; 0 without a pacer
    cost: jax.Array  # float32, USD
    reward: jax.Array  # float32
    action: jax.Array  # int32


def run_days(
    key: jax.Array, policy: PolicyWithMemory, params: Params, num_episodes: int, load_factor: jax.Array | float = 1.0
) -> Days:
    """Every prompt of E episodes, the budget being boundless; from mid-episode on, `load_factor` times the arrivals."""
    key_reset, key_noise = jax.random.split(key)
    params = without_budget(params)
    state = reset_batch(key_reset, num_episodes, params)
    num_steps = int(params.episode_length)
    arrival_mean = jnp.asarray(params.congestion.arrival_mean)

    def one_step(carry: tuple[Any, State], t: jax.Array) -> tuple[tuple[Any, State], Days]:
        memory, state = carry
        factor = jnp.where(t >= num_steps // 2, load_factor, 1.0)
        problem = replace(params, congestion=replace(params.congestion, arrival_mean=arrival_mean * factor))
        observation = jax.vmap(observe, in_axes=(0, None))(state, problem)
        after, action = policy.act(memory, key, observation, state)
        noise = draw_noise(jax.random.fold_in(key_noise, t), problem.num_models, (num_episodes,))
        later, outcome = jax.vmap(transition, in_axes=(0, 0, 0, None))(state, action, noise, problem)
        earned = jax.vmap(reward, in_axes=(0, None))(outcome, problem.reward)
        zeros = jnp.zeros_like(earned)
        # The pacer sets the price of a prompt when it routes it.
        price, left = (jnp.exp(after.log_price), memory.budget_left) if isinstance(memory, Pace) else (zeros, zeros)
        return (after, later), Days(state.time_of_day, price, left, outcome.cost, earned, action)

    _, days = jax.lax.scan(one_step, (policy.initial(state), state), jnp.arange(num_steps, dtype=jnp.int32))
    return days
