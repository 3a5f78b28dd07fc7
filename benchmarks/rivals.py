"""What `benchmarks.env` and `benchmarks.scaling` time: environments under random actions with auto-reset.

Every one of them carries a sum over the observations that a policy would see, the rewards and both endings of each
environment, so that the compiler cannot leave out any of them. Actions come from one call for the whole batch.
"""

from typing import Any

import gymnax
import jax
import jax.numpy as jnp

from benchmarks.loop import Loop
from jax_router import Noise, Params, State, Transition, draw_noise
from jax_router.gymnax_env import LLMRouter
from jax_router.rollout import reset_batch, step_with_auto_reset

OPPONENT = "CartPole-v1"


def own_rollout(params: Params, num_envs: int, seconds: float) -> Loop:
    """The steps of `jax_router.run_steps`, with sums in the place of stored transitions."""

    def one_step(carry: tuple[jax.Array, State, jax.Array], t: jax.Array) -> tuple[jax.Array, State, jax.Array]:
        key, state, sums = carry
        action, noise = _draws(key, t, params.num_models, num_envs)
        state, made = jax.vmap(step_with_auto_reset, in_axes=(0, 0, 0, None))(state, action, noise, params)
        return key, state, sums + _seen(made)

    state = jax.jit(reset_batch, static_argnums=1)(jax.random.key(0), num_envs, params)
    return Loop(one_step, (jax.random.key(1), state, _zeros(num_envs)), num_envs, seconds)


def random_numbers(params: Params, num_envs: int, seconds: float) -> Loop:
    """The floor: the draws of one step of `own_rollout`, and nothing but their sum.

    That is all of `draw_noise` (random bits, and what turns them into uniform, normal and exponential numbers) and
    the random actions.
    """

    def one_step(carry: tuple[jax.Array, jax.Array], t: jax.Array) -> tuple[jax.Array, jax.Array]:
        key, sums = carry
        action, noise = _draws(key, t, params.num_models, num_envs)
        drawn = sum(leaf.reshape(num_envs, -1).sum(-1) for leaf in jax.tree.leaves(noise))
        return key, sums + action.astype(jnp.float32) + drawn

    return Loop(one_step, (jax.random.key(1), _zeros(num_envs)), num_envs, seconds)


def gymnax_face(params: Params, num_envs: int, seconds: float) -> Loop:
    """Our simulator behind gymnax's interface, driven as CartPole is."""
    return _gymnax_loop(LLMRouter(), params, num_envs, seconds)


def cartpole(num_envs: int, seconds: float) -> Loop:
    """gymnax's CartPole-v1."""
    env, params = gymnax.make(OPPONENT)
    return _gymnax_loop(env, params, num_envs, seconds)


def _gymnax_loop(env: Any, params: Any, num_envs: int, seconds: float) -> Loop:
    """Steps as PureJaxRL makes them: `env.step` under `vmap`, with a key for each environment."""

    def one_step(carry: tuple[jax.Array, Any, jax.Array], t: jax.Array) -> tuple[jax.Array, Any, jax.Array]:
        key, state, sums = carry
        key_action, key_steps = jax.random.split(jax.random.fold_in(key, t))
        action = jax.random.randint(key_action, (num_envs,), 0, env.num_actions, jnp.int32)
        keys = jax.random.split(key_steps, num_envs)
        stepped = jax.vmap(env.step, in_axes=(0, 0, 0, None))(keys, state, action, params)
        observation, state, reward, terminated, truncated, _ = stepped
        return key, state, sums + _sum_of(observation, reward, terminated, truncated)

    keys = jax.random.split(jax.random.key(0), num_envs)
    _, state = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))(keys, params)
    return Loop(one_step, (jax.random.key(1), state, _zeros(num_envs)), num_envs, seconds)


def _draws(key: jax.Array, t: jax.Array, num_models: int, num_envs: int) -> tuple[jax.Array, Noise]:
    """The random actions and the noise of step t, (B,) each."""
    key_action, key_noise = jax.random.split(jax.random.fold_in(key, t))
    action = jax.random.randint(key_action, (num_envs,), 0, num_models, jnp.int32)
    return action, draw_noise(key_noise, num_models, (num_envs,))


def _seen(made: Transition) -> jax.Array:
    return _sum_of(made.observation, made.reward, made.terminated, made.truncated)


def _sum_of(
    observation: jax.Array, reward: jax.Array, terminated: jax.Array, truncated: jax.Array
) -> jax.Array:
    """(B,) float32: everything that a learner gets of a step, in one number an environment."""
    endings = terminated.astype(jnp.float32) + truncated.astype(jnp.float32)
    return observation.sum(-1) + reward.astype(jnp.float32) + endings


def _zeros(num_envs: int) -> jax.Array:
    return jnp.zeros(num_envs, jnp.float32)
