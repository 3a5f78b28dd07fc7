"""The programs that `benchmarks.env` and `benchmarks.scaling` time: environments under random actions with auto-reset.

Each program sums up the observations that a policy would see, the rewards, and both endings of every environment, so
that the compiler cannot leave any of them out. Actions come from one call for the whole batch.
"""

from typing import Any

import gymnax
import jax
import jax.numpy as jnp

from benchmarks.loop import Loop
from jax_router.gymnax_env import LLMRouter
from jax_router.internal.threefry import random_integers
from jax_router.simulator import AnyParams, reset_batch, step_batch

OPPONENT = "CartPole-v1"


def own_rollout(params: AnyParams, num_envs: int, seconds: float) -> Loop:
    """Make the steps of `jax_router.run_steps`, with sums in place of stored transitions."""

    def one_step(carry: tuple[Any, jax.Array], drawn: tuple[jax.Array, Any]) -> tuple[Any, jax.Array]:
        state, sums = carry
        action, noise = drawn
        state, made = step_batch(state, action, noise, params)
        return state, sums + _sum_of(made.observation, made.reward, made.terminated, made.truncated)

    state = jax.jit(reset_batch, static_argnums=1)(jax.random.key(0), num_envs, params)
    return Loop(one_step, (state, _zeros(num_envs)), num_envs, seconds, lambda keys: _draws(keys, params, num_envs))


def random_numbers(params: AnyParams, num_envs: int, seconds: float) -> Loop:
    """Draw the random numbers of one step of `own_rollout` and sum them up: no rollout can be faster than that.

    These are the numbers of `draw_noise` (random bits, turned into uniform, normal and exponential numbers) and the
    random actions.
    """

    def one_step(sums: jax.Array, drawn: tuple[jax.Array, Any]) -> jax.Array:
        action, noise = drawn
        each = sum(leaf.reshape(num_envs, -1).sum(-1) for leaf in jax.tree.leaves(noise))
        return sums + action.astype(jnp.float32) + each

    return Loop(one_step, _zeros(num_envs), num_envs, seconds, lambda keys: _draws(keys, params, num_envs))


def gymnax_face(params: AnyParams, num_envs: int, seconds: float) -> Loop:
    """Make steps of our simulator behind gymnax's interface, driven as CartPole is."""
    return _gymnax_loop(LLMRouter(), params, num_envs, seconds)


def cartpole(num_envs: int, seconds: float) -> Loop:
    """Make steps of gymnax's CartPole-v1."""
    env, params = gymnax.make(OPPONENT)
    return _gymnax_loop(env, params, num_envs, seconds)


def _gymnax_loop(env: Any, params: Any, num_envs: int, seconds: float) -> Loop:
    """Make steps as PureJaxRL does: `env.step` under `vmap`, with a key for each environment."""

    def one_step(carry: tuple[Any, jax.Array], keys: jax.Array) -> tuple[Any, jax.Array]:
        state, sums = carry
        action = random_integers(keys[0], (num_envs,), env.num_actions)
        each = jax.random.split(keys[1], num_envs)
        stepped = jax.vmap(env.step, in_axes=(0, 0, 0, None))(each, state, action, params)
        observation, state, reward, terminated, truncated, _ = stepped
        return state, sums + _sum_of(observation, reward, terminated, truncated)

    keys = jax.random.split(jax.random.key(0), num_envs)
    _, state = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))(keys, params)
    return Loop(one_step, (state, _zeros(num_envs)), num_envs, seconds)


def _draws(keys: jax.Array, params: AnyParams, num_envs: int) -> tuple[jax.Array, Any]:
    """Draw the random actions and the noise of one step, which lead with (B,)."""
    noise = params.simulator.draw_noise(keys[1], params, (num_envs,))
    return random_integers(keys[0], (num_envs,), params.num_models), noise


def _sum_of(observation: jax.Array, reward: jax.Array, terminated: jax.Array, truncated: jax.Array) -> jax.Array:
    """Sum up everything that a learner gets from a step, one number for each environment, (B,) float32."""
    endings = terminated.astype(jnp.float32) + truncated.astype(jnp.float32)
    return observation.sum(-1) + reward.astype(jnp.float32) + endings


def _zeros(num_envs: int) -> jax.Array:
    return jnp.zeros(num_envs, jnp.float32)
