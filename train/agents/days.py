"""Whole episodes that no budget ends, prompt by prompt: what fixed prices and pacers are measured by."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from jax_router import Params, PolicyWithMemory, versions
from jax_router.pacing import Pace
from jax_router.simulator import reset_batch, step_from_noise, without_budget


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
    with_load_factor = versions.of(params).budgeting.with_load_factor

    def one_step(carry: tuple[Any, Any], t: jax.Array) -> tuple[tuple[Any, Any], Days]:
        memory, state = carry
        problem = with_load_factor(params, jnp.where(t >= num_steps // 2, load_factor, 1.0))
        observation = jax.vmap(params.simulator.observe, in_axes=(0, None))(state, problem)
        after, action = policy.act(memory, key, observation, state)
        noise = params.simulator.draw_noise(jax.random.fold_in(key_noise, t), problem, (num_episodes,))
        later, made = jax.vmap(step_from_noise, in_axes=(0, 0, 0, None))(state, action, noise, problem)
        zeros = jnp.zeros_like(made.reward)
        # The pacer sets the price of a prompt when it routes it.
        price, left = (jnp.exp(after.log_price), memory.budget_left) if isinstance(memory, Pace) else (zeros, zeros)
        return (after, later), Days(state.time_of_day, price, left, made.outcome.cost, made.reward, action)

    _, days = jax.lax.scan(one_step, (policy.initial(state), state), jnp.arange(num_steps, dtype=jnp.int32))
    return days
