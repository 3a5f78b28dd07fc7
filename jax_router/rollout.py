"""Many environments of any simulator for many steps, under any policy: with auto-reset, or one episode each."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from jax_router.episodes import Episodes, means_of, no_prompts, one_prompt
from jax_router.internal.blocks import scan_steps, steps_at_once
from jax_router.internal.checks import check_whole_number
from jax_router.internal.constants import call_compiled
from jax_router.internal.layout import batch_innermost
from jax_router.internal.threefry import fold_in
from jax_router.policy import AnyPolicy, OneOf, PolicyWithMemory, with_memory
from jax_router.simulator import (
    AnyParams,
    State,
    Transition,
    nearest_model,
    reset_batch,
    step_batch,
    step_from_noise,
)

STEPS_BETWEEN_LOOKS = 20
"""The most steps of whole episodes until it is seen whether they are all over: those after that are wasted."""


def run_steps(
    key: jax.Array,
    policy: AnyPolicy,
    num_envs: int,
    num_steps: int,
    params: AnyParams,
    state: State | None = None,
) -> tuple[State, Transition]:
    """Run a policy in `num_envs` environments for `num_steps` steps with auto-reset, as one compiled program.

    The random numbers of environment b in step t depend only on `key`, b and t, so that all policies that are given
    the same key meet the same prompts.

    Args:
        key: a JAX random key.
        policy: see `jax_router.policy`.
        num_envs: B, a Python int.
        num_steps: T, a Python int.
        params: the routing problem, the same for all environments.
        state: the states to go on from, fields (B, ...); default: new episodes. A policy's memory begins at them.

    Returns:
        The states after the last step, and the transitions, fields (T, B, ...).

    Raises:
        ValueError: a number of environments or steps that is not a whole number.
    """
    num_envs = check_whole_number("num_envs", num_envs, at_least=1)
    num_steps = check_whole_number("num_steps", num_steps, at_least=0)
    return call_compiled(partial(_steps, policy, num_envs, num_steps), key, params, state)


def _steps(
    policy: AnyPolicy, num_envs: int, num_steps: int, key: jax.Array, params: AnyParams, state: State | None
) -> tuple[State, Transition]:
    key_reset, key_noise, key_policy = jax.random.split(key, 3)
    first = reset_batch(key_reset, num_envs, params) if state is None else state
    remembering = with_memory(policy)

    def draw(t: jax.Array) -> tuple[jax.Array, Any]:
        return fold_in(key_policy, t), params.simulator.draw_noise(fold_in(key_noise, t), params, (num_envs,))

    def one_step(carry: tuple[Any, State], drawn: tuple[jax.Array, Any]) -> tuple[tuple[Any, State], Transition]:
        key, noise = drawn
        memory, action = _act(remembering, key, *carry, params)
        state, made = step_batch(carry[1], action, noise, params)
        done = made.terminated | made.truncated
        memory = jax.tree.map(
            lambda new, old: jnp.where(_expand(done, old), new, old), remembering.initial(state), memory
        )
        return (memory, state), made

    start = (remembering.initial(first), first)
    (_, last), transitions = scan_steps(draw, one_step, start, num_steps, steps_at_once(num_envs, num_steps))
    return last, transitions


def run_episodes(key: jax.Array, policy: AnyPolicy, num_episodes: int, params: AnyParams) -> Episodes:
    """Run `num_episodes` whole episodes side by side, as one compiled program, and sum each of them up.

    The random numbers of episode e in step t depend only on `key`, e and t, so that differences between policies that
    are given the same key are paired differences.

    Args:
        key: a JAX random key.
        policy: see `jax_router.policy`.
        num_episodes: E, a Python int.
        params: the routing problem.

    Returns:
        One row an episode.

    Raises:
        ValueError: a number of episodes that is not a whole number of at least 1.
    """
    num_episodes = check_whole_number("num_episodes", num_episodes, at_least=1)
    return call_compiled(partial(_episodes, policy, num_episodes), key, params)


def _episodes(policy: AnyPolicy, num_episodes: int, key: jax.Array, params: AnyParams) -> Episodes:
    key_reset, key_noise, key_policy = jax.random.split(key, 3)
    state = reset_batch(key_reset, num_episodes, params)
    remembering = with_memory(policy)

    def running(carry: tuple[jax.Array, jax.Array, Any, Any, Episodes]) -> jax.Array:
        return jnp.any(carry[1])

    at_once = steps_at_once(num_episodes, STEPS_BETWEEN_LOOKS)

    def draw(t: jax.Array) -> tuple[jax.Array, Any]:
        return fold_in(key_policy, t), params.simulator.draw_noise(fold_in(key_noise, t), params, (num_episodes,))

    def one_step(
        carry: tuple[jax.Array, Any, Any, Episodes], drawn: tuple[jax.Array, Any]
    ) -> tuple[tuple[jax.Array, Any, Any, Episodes], None]:
        alive, memory, state, sums = carry
        key, noise = drawn
        memory, action = _act(remembering, key, memory, state, params)
        state, noise = batch_innermost(state), batch_innermost(noise)
        state, made = jax.vmap(step_from_noise, in_axes=(0, 0, 0, None))(state, action, noise, params)
        sums = jax.tree.map(
            lambda total, new: total + jnp.where(_expand(alive, new), new, jnp.zeros_like(new)),
            sums,
            one_prompt(made, action, params.num_models),
        )
        return (alive & ~(made.terminated | made.truncated), memory, state, sums), None

    def one_block(
        carry: tuple[jax.Array, jax.Array, Any, Any, Episodes],
    ) -> tuple[jax.Array, jax.Array, Any, Any, Episodes]:
        t, episodes = carry[0], carry[1:]
        episodes, _ = scan_steps(lambda i: draw(t + i), one_step, episodes, at_once, at_once)
        return t + at_once, *episodes

    alive = jnp.ones(num_episodes, bool)
    nothing = no_prompts(num_episodes, params.num_models)
    start = (jnp.int32(0), alive, remembering.initial(state), state, nothing)
    *_, sums = jax.lax.while_loop(running, one_block, start)
    return means_of(sums)


def compare(
    key: jax.Array, policies: Mapping[str, AnyPolicy], num_episodes: int, params: AnyParams
) -> dict[str, Episodes]:
    """Run every policy through the same `num_episodes` episodes, as one compiled program.

    Args:
        key: a JAX random key, from which all policies get the same random numbers.
        policies: by name.
        num_episodes: E, a Python int.
        params: the routing problem.

    Returns:
        The episodes of each policy, by its name.

    Raises:
        ValueError: a number of episodes that is not a whole number of at least 1, or no policy.
    """
    num_episodes = check_whole_number("num_episodes", num_episodes, at_least=1)
    if not policies:
        raise ValueError("policies is empty; compare one at least")
    entrants = [with_memory(policy) for policy in policies.values()]

    def run_all(key: jax.Array, params: AnyParams) -> list[Episodes]:
        def run_one(index: jax.Array) -> Episodes:
            return run_episodes(key, OneOf(entrants, index), num_episodes, params)

        stacked = jax.lax.map(run_one, jnp.arange(len(entrants), dtype=jnp.int32))
        return [jax.tree.map(lambda rows, i=i: rows[i], stacked) for i in range(len(entrants))]

    return dict(zip(policies, call_compiled(run_all, key, params), strict=True))


def _act(policy: PolicyWithMemory, key: jax.Array, memory: Any, state: Any, params: AnyParams) -> tuple[Any, jax.Array]:
    """Return the memory and (B,) int32 actions, clamped to the fleet as `transition` clamps them."""
    observation = jax.vmap(params.simulator.observe, in_axes=(0, None))(state, params)
    memory, action = policy.act(memory, key, observation, state)
    return memory, nearest_model(action, params.num_models)


def _expand(mask: jax.Array, like: jax.Array) -> jax.Array:
    return mask.reshape(mask.shape + (1,) * (like.ndim - mask.ndim))
