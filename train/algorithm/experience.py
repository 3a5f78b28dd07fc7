"""Gathering experience: a policy steps many environments, of any kind that gymnax's interface fits, in mid-episode."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.environment import AnyEnvironment
from jax_router.internal.blocks import scan_block
from jax_router.internal.threefry import random_integers, uniform

MAX_STAGGER = 1000
"""The most steps of an episode that the starts of environments are spread over."""

STAGGER_BLOCK = 8
"""Steps whose keys are drawn at once; the last block may make steps that count for no environment."""

Metrics = dict[str, jax.Array]

Actor = Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array, jax.Array]]
"""A function from uniform numbers (B,) in [0, 1) and raw observations (B, D) to actions (B,), their log-probabilities
(B,) and values (B,)."""
Critic = Callable[[jax.Array], jax.Array]
"""A function from raw observations (B, D) to values (B,)."""


@struct.dataclass
class Environments:
    """B environments in the middle of their episodes, with observations of D numbers."""

    state: Any  # the environment's own, fields lead with (B,)
    observation: jax.Array  # (B, D) float32, as the environment gave it
    episode_return: jax.Array  # (B,) float32, reward so far in the running episode


@struct.dataclass
class Step:
    """One step of B environments as a learner needs it; in a rollout of T steps every field leads with (T, B)."""

    observation: jax.Array  # (B, D) float32, raw
    action: jax.Array  # (B,) int32
    log_prob: jax.Array  # (B,) float32
    value: jax.Array  # (B,) float32
    reward: jax.Array  # (B,) float32, raw
    terminated: jax.Array  # (B,) bool
    truncated: jax.Array  # (B,) bool
    bootstrap_value: jax.Array  # (B,) float32, value after the step, before any reset; valid where truncated

    @property
    def done(self) -> jax.Array:
        """Whether an episode ended with this step, in either way."""
        return self.terminated | self.truncated


def staggered_reset(env: AnyEnvironment, env_params: Any, key: jax.Array, num_envs: int) -> Environments:
    """Begin an episode in every environment, and make a random number of random steps in each.

    Environments whose episodes all end together would show the learner only one phase of the episode at a time.
    """
    key_reset, key_length, key_steps = jax.random.split(key, 3)
    fresh = _reset(env, env_params, key_reset, num_envs)
    longest = jnp.clip(jnp.asarray(env_params.max_steps_in_episode, jnp.int32), 1, MAX_STAGGER)
    num_steps = random_integers(key_length, (num_envs,), longest)

    def one_step(envs: Environments, drawn: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[Environments, None]:
        t, keys, action = drawn
        moved, _, _ = _step(env, env_params, envs, keys, action)
        return jax.tree.map(lambda new, old: _where(t < num_steps, new, old), moved, envs), None

    def draw(t: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        keys = jax.random.split(jax.random.fold_in(key_steps, t), num_envs + 1)
        return t, keys[1:], random_integers(keys[0], (num_envs,), env.num_actions)

    def one_block(block: jax.Array, envs: Environments) -> Environments:
        times = block * STAGGER_BLOCK + jnp.arange(STAGGER_BLOCK, dtype=jnp.int32)
        return scan_block(draw, one_step, envs, times)[0]

    return jax.lax.fori_loop(0, -(-num_steps.max() // STAGGER_BLOCK), one_block, fresh)


def collect(
    env: AnyEnvironment,
    env_params: Any,
    envs: Environments,
    actor: Actor,
    critic: Critic,
    key: jax.Array,
    num_steps: int,
) -> tuple[Environments, Step, Metrics]:
    """Make `num_steps` steps of every environment under `actor`; `critic` values what a time limit cuts off.

    Returns:
        The environments after the last step, the steps with fields (T, B, ...), and the means over all of them of
        every number in the environment's `info`, of `reward`, of `episodes` (1 where one ended) and of `returns` (the
        episode's return where one ended, else 0), each () float32.
    """

    def one_step(envs: Environments, drawn: tuple[jax.Array, jax.Array]) -> tuple[Environments, tuple[Step, Metrics]]:
        chance, keys = drawn
        action, log_prob, value = actor(chance, envs.observation)
        moved, (reward, terminated, truncated, final_observation), info = _step(env, env_params, envs, keys, action)
        # Few steps are truncated, so that a second pass for all, or storing a second observation, would be wasteful.
        bootstrap_value = jax.lax.cond(truncated.any(), critic, lambda _: jnp.zeros_like(value), final_observation)
        step = Step(envs.observation, action, log_prob, value, reward, terminated, truncated, bootstrap_value)
        watched = {name: value.astype(jnp.float32).mean() for name, value in info.items()} | {
            "reward": step.reward.mean(),
            "episodes": step.done.astype(jnp.float32).mean(),
            "returns": jnp.where(step.done, envs.episode_return + step.reward, 0.0).mean(),
        }
        return moved, (step, watched)

    # Drawn for all steps at once: a few large kernels in place of many small ones.
    key_action, key_step = jax.random.split(key)
    shape = (num_steps, envs.episode_return.size)
    drawn = (uniform(key_action, shape), jax.random.split(key_step, shape))
    envs, (steps, watched) = jax.lax.scan(one_step, envs, drawn)
    return envs, steps, {name: value.mean() for name, value in watched.items()}


def first_episode_returns(
    env: AnyEnvironment,
    env_params: Any,
    act: Callable[[jax.Array], jax.Array],
    key: jax.Array,
    num_episodes: int,
) -> jax.Array:
    """Return the returns of `num_episodes` whole episodes, (num_episodes,) float32.

    `act` maps raw observations (B, D) to actions (B,).
    """
    key_reset, key_steps = jax.random.split(key)
    fresh = _reset(env, env_params, key_reset, num_episodes)

    def one_step(carry: tuple) -> tuple:
        t, running, envs, returns = carry
        keys = jax.random.split(jax.random.fold_in(key_steps, t), num_episodes)
        moved, made, _ = _step(env, env_params, envs, keys, act(envs.observation))
        reward, terminated, truncated, _ = made
        return t + 1, running & ~(terminated | truncated), moved, returns + jnp.where(running, reward, 0.0)

    start = (jnp.int32(0), jnp.ones(num_episodes, bool), fresh, jnp.zeros(num_episodes, jnp.float32))
    return jax.lax.while_loop(lambda carry: carry[1].any(), one_step, start)[-1]


def _reset(env: AnyEnvironment, env_params: Any, key: jax.Array, num_envs: int) -> Environments:
    observation, state = jax.vmap(env.reset, in_axes=(0, None))(jax.random.split(key, num_envs), env_params)
    return Environments(state, _flatten(observation), jnp.zeros(num_envs, jnp.float32))


def _step(
    env: AnyEnvironment, env_params: Any, envs: Environments, keys: jax.Array, action: jax.Array
) -> tuple[Environments, tuple[jax.Array, ...], Metrics]:
    """Make one step with a key for each environment: return the environments, what they gave, and metrics to watch."""
    observation, state, reward, terminated, truncated, info = jax.vmap(env.step, in_axes=(0, 0, 0, None))(
        keys, envs.state, action, env_params
    )
    reward = reward.astype(jnp.float32)
    episode_return = jnp.where(terminated | truncated, 0.0, envs.episode_return + reward)
    made = (reward, terminated, truncated, _flatten(info["final_observation"]))
    aside = ("final_observation", "terminated", "truncated", "discount")
    watched = {name: value for name, value in info.items() if name not in aside}
    return Environments(state, _flatten(observation), episode_return), made, watched


def _flatten(observation: jax.Array) -> jax.Array:
    return observation.reshape(observation.shape[0], -1).astype(jnp.float32)


def _where(mask: jax.Array, new: jax.Array, old: jax.Array) -> jax.Array:
    if jnp.issubdtype(new.dtype, jax.dtypes.prng_key):
        return jnp.where(mask, new, old)
    return jnp.where(mask.reshape(mask.shape + (1,) * (new.ndim - 1)), new, old)
