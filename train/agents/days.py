"""Whole episodes that no budget ends, prompt by prompt; fixed prices and pacers are measured on them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.checks import check_whole_number
from jax_router.policy import PolicyWithMemory
from jax_router.simulator import AnyParams, reset_batch, step_from_noise, without_budget


@struct.dataclass
class Days:
    """E episodes of T prompts, every field (T, E)."""

    time_of_day: jax.Array  # float32, days in [0, 1)
    cost: jax.Array  # float32, USD
    reward: jax.Array  # float32
    action: jax.Array  # int32
    told: dict[str, jax.Array]  # what the policy's `tell(before, after)` returns for each prompt; empty without `tell`


def run_days(
    key: jax.Array,
    policy: PolicyWithMemory,
    params: AnyParams,
    num_episodes: int,
    params_at: Callable[[jax.Array], AnyParams] | None = None,
) -> Days:
    """Run E episodes with an unlimited budget, and return every prompt of them.

    Args:
        key: a JAX random key.
        policy: the policy; if it has a method `tell`, this maps its memory before and after a prompt to named arrays
            (E,).
        params: the routing problem.
        num_episodes: E, a Python int.
        params_at: a function from the prompt's index t, () int32, to the problem at that prompt; default: `params`.

    Raises:
        ValueError: a number of episodes that is not a whole number of at least 1.
    """
    num_episodes = check_whole_number("num_episodes", num_episodes, at_least=1)
    key_reset, key_noise = jax.random.split(key)
    boundless = without_budget(params)
    state = reset_batch(key_reset, num_episodes, boundless)
    tell: Callable[[Any, Any], dict[str, jax.Array]] = getattr(policy, "tell", lambda before, after: {})

    def one_step(carry: tuple[Any, Any], t: jax.Array) -> tuple[tuple[Any, Any], Days]:
        memory, state = carry
        problem = boundless if params_at is None else without_budget(params_at(t))
        observation = jax.vmap(params.simulator.observe, in_axes=(0, None))(state, problem)
        after, action = policy.act(memory, key, observation, state)
        noise = params.simulator.draw_noise(jax.random.fold_in(key_noise, t), problem, (num_episodes,))
        later, made = jax.vmap(step_from_noise, in_axes=(0, 0, 0, None))(state, action, noise, problem)
        told = tell(memory, after)
        return (after, later), Days(state.time_of_day, made.outcome.cost, made.reward, action, told)

    steps = jnp.arange(int(params.episode_length), dtype=jnp.int32)
    _, days = jax.lax.scan(one_step, (policy.initial(state), state), steps)
    return days
