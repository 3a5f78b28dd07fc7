"""Many environments for many steps: auto-reset, and what happened summed up per episode.

A policy here is a function `policy(key, observation, state) -> action` of a whole batch, or a `PolicyWithMemory`: see
`memory.py` for both, `policies.py` for examples.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.internal.threefry import fold_in
from jax_router.policy import AnyPolicy, OneOf, PolicyWithMemory, with_memory
from jax_router.policy import Policy as Policy  # part of this module's face
from jax_router.v0.env import DEFAULT, State, endings, initial_state, nearest_model, observe, transition
from jax_router.v0.noise import Noise, draw_noise
from jax_router.v0.params import Params
from jax_router.v0.reward import Outcome, reward

LATENCY_BINS = 256
SHORTEST_LATENCY, LONGEST_LATENCY = 0.01, 100.0
"""The range of the latency bins, s."""


@struct.dataclass
class Transition:
    """One step under auto-reset; in a rollout of B environments for T steps every field leads with (T, B)."""

    observation: jax.Array  # (N + 4,) float32, what the policy saw
    action: jax.Array  # () int32
    reward: jax.Array  # () float32
    terminated: jax.Array  # () bool, the budget was spent
    truncated: jax.Array  # () bool, the time limit was reached
    final_observation: jax.Array  # (N + 4,) float32, after the step and before any reset: what to bootstrap from
    outcome: Outcome


@struct.dataclass
class Episodes:
    """E whole episodes, each summed up."""

    reward: jax.Array  # (E,) float32, sum over the episode
    cost: jax.Array  # (E,) float32, USD, sum over the episode
    quality: jax.Array  # (E,) float32, 0 .. 1, mean over the prompts
    sla_violation_rate: jax.Array  # (E,) float32, share of the prompts
    quality_met_rate: jax.Array  # (E,) float32, share of the prompts with quality >= quality_required
    latency_counts: jax.Array  # (E, LATENCY_BINS) float32, prompts in each bin of `latency_edges`
    length: jax.Array  # (E,) int32, prompts
    model_share: jax.Array  # (E, N) float32, share of the prompts each model got


def reset_batch(key: jax.Array, num_envs: int, params: Params = DEFAULT) -> State:
    """`num_envs` first states from one key; every field leads with (B,)."""
    noise = draw_noise(key, params.num_models, (num_envs,))
    return jax.vmap(initial_state, in_axes=(0, None))(noise, params)


def step_with_auto_reset(
    state: State, action: jax.Array, noise: Noise, params: Params = DEFAULT
) -> tuple[State, Transition]:
    """One step of one environment, which begins its next episode where this one ends.

    The first state of the next episode is made from the same `Noise` as the step before it. No number is then drawn
    for a reset that does not happen, every episode by itself has the right distribution, and all that two
    neighbours share is that the last one's final observation shows the prompt that the next one begins with.
    """
    observation = observe(state, params)
    stepped, outcome = transition(state, action, noise, params)
    terminated, truncated = endings(stepped, params)
    done = terminated | truncated
    started = initial_state(noise, params)
    state = jax.tree.map(lambda new, old: jnp.where(done, new, old), started, stepped)
    return state, Transition(
        observation=observation,
        action=action,
        reward=reward(outcome, params.reward),
        terminated=terminated,
        truncated=truncated,
        final_observation=observe(stepped, params),
        outcome=outcome,
    )


def run_steps(
    key: jax.Array,
    policy: AnyPolicy,
    num_envs: int,
    num_steps: int,
    params: Params = DEFAULT,
    state: State | None = None,
) -> tuple[State, Transition]:
    """Run a policy in `num_envs` environments for `num_steps` steps with auto-reset.

    The luck of environment b in step t depends on `key`, b and t alone: policies given one key meet the same prompts.

    Args:
        key: a JAX random key.
        policy: see `memory.py`.
        num_envs: B, a Python int.
        num_steps: T, a Python int.
        params: the routing problem, the same for all environments.
        state: where to go on from, fields (B, ...); default: fresh episodes. A policy's memory begins here.

    Returns:
        The states after the last step, and the transitions, fields (T, B, ...).
    """
    key_reset, key_noise, key_policy = jax.random.split(key, 3)
    first = reset_batch(key_reset, num_envs, params) if state is None else state
    remembering = with_memory(policy)

    def one_step(carry: tuple[Any, State], t: jax.Array) -> tuple[tuple[Any, State], Transition]:
        memory, action = _act(remembering, fold_in(key_policy, t), *carry, params)
        noise = draw_noise(fold_in(key_noise, t), params.num_models, (num_envs,))
        state, made = jax.vmap(step_with_auto_reset, in_axes=(0, 0, 0, None))(carry[1], action, noise, params)
        done = made.terminated | made.truncated
        memory = jax.tree.map(
            lambda new, old: jnp.where(_expand(done, old), new, old), remembering.initial(state), memory
        )
        return (memory, state), made

    start = (remembering.initial(first), first)
    (_, last), transitions = jax.lax.scan(one_step, start, jnp.arange(num_steps, dtype=jnp.int32))
    return last, transitions


def run_episodes(key: jax.Array, policy: AnyPolicy, num_episodes: int, params: Params = DEFAULT) -> Episodes:
    """Run `num_episodes` whole episodes side by side and sum each of them up.

    The luck of episode e in step t depends on `key`, e and t alone: differences between policies given one key are
    paired differences.

    Args:
        key: a JAX random key.
        policy: see `memory.py`.
        num_episodes: E, a Python int.
        params: the routing problem.

    Returns:
        One row an episode.
    """
    key_reset, key_noise, key_policy = jax.random.split(key, 3)
    state = reset_batch(key_reset, num_episodes, params)
    zeros = jnp.zeros(num_episodes, jnp.float32)
    sums = Episodes(
        reward=zeros,
        cost=zeros,
        quality=zeros,
        sla_violation_rate=zeros,
        quality_met_rate=zeros,
        latency_counts=jnp.zeros((num_episodes, LATENCY_BINS), jnp.float32),
        length=jnp.zeros(num_episodes, jnp.int32),
        model_share=jnp.zeros((num_episodes, params.num_models), jnp.float32),
    )

    remembering = with_memory(policy)

    def running(carry: tuple[jax.Array, jax.Array, Any, State, Episodes]) -> jax.Array:
        return jnp.any(carry[1])

    def one_step(
        carry: tuple[jax.Array, jax.Array, Any, State, Episodes],
    ) -> tuple[jax.Array, jax.Array, Any, State, Episodes]:
        t, alive, memory, state, sums = carry
        memory, action = _act(remembering, fold_in(key_policy, t), memory, state, params)
        noise = draw_noise(fold_in(key_noise, t), params.num_models, (num_episodes,))
        state, outcome = jax.vmap(transition, in_axes=(0, 0, 0, None))(state, action, noise, params)
        terminated, truncated = jax.vmap(endings, in_axes=(0, None))(state, params)
        sums = jax.tree.map(
            lambda total, new: total + jnp.where(_expand(alive, new), new, jnp.zeros_like(new)),
            sums,
            _one_prompt(outcome, action, params),
        )
        return t + 1, alive & ~(terminated | truncated), memory, state, sums

    alive = jnp.ones(num_episodes, bool)
    start = (jnp.int32(0), alive, remembering.initial(state), state, sums)
    *_, sums = jax.lax.while_loop(running, one_step, start)
    prompts = sums.length.astype(jnp.float32)
    return replace(
        sums,
        quality=sums.quality / prompts,
        sla_violation_rate=sums.sla_violation_rate / prompts,
        quality_met_rate=sums.quality_met_rate / prompts,
        model_share=sums.model_share / prompts[:, None],
    )


def compare(
    key: jax.Array, policies: Mapping[str, AnyPolicy], num_episodes: int, params: Params = DEFAULT
) -> dict[str, Episodes]:
    """Run every policy through the same `num_episodes` episodes, as one compiled program.

    Args:
        key: a JAX random key, the luck that all policies share.
        policies: by name.
        num_episodes: E, a Python int.
        params: the routing problem.

    Returns:
        The episodes of each policy, by its name.
    """
    entrants = [with_memory(policy) for policy in policies.values()]

    @jax.jit
    def run_all(key: jax.Array, params: Params) -> Episodes:
        def run_one(index: jax.Array) -> Episodes:
            return run_episodes(key, OneOf(entrants, index), num_episodes, params)

        return jax.lax.map(run_one, jnp.arange(len(entrants), dtype=jnp.int32))

    stacked = run_all(key, params)
    return {name: jax.tree.map(lambda rows, i=i: rows[i], stacked) for i, name in enumerate(policies)}


def _act(policy: PolicyWithMemory, key: jax.Array, memory: Any, state: State, params: Params) -> tuple[Any, jax.Array]:
    """The memory and (B,) int32 actions, clamped to the fleet as `transition` clamps them."""
    observation = jax.vmap(observe, in_axes=(0, None))(state, params)
    memory, action = policy.act(memory, key, observation, state)
    return memory, nearest_model(action, params.num_models)


def _one_prompt(outcome: Outcome, action: jax.Array, params: Params) -> Episodes:
    """What one prompt adds to the sums of each of E episodes."""
    return Episodes(
        reward=jax.vmap(reward, in_axes=(0, None))(outcome, params.reward),
        cost=outcome.cost,
        quality=outcome.quality,
        sla_violation_rate=outcome.sla_violated.astype(jnp.float32),
        quality_met_rate=(outcome.quality >= outcome.quality_required).astype(jnp.float32),
        latency_counts=jax.nn.one_hot(_latency_bin(outcome.latency), LATENCY_BINS, dtype=jnp.float32),
        length=jnp.ones_like(action),
        model_share=jax.nn.one_hot(action, params.num_models, dtype=jnp.float32),
    )


def latency_edges() -> np.ndarray:
    """Bounds of the latency bins, (LATENCY_BINS + 1,) float64, s, 3.7 % apart; what lies outside is in the end bins."""
    return np.geomspace(SHORTEST_LATENCY, LONGEST_LATENCY, LATENCY_BINS + 1)


def _latency_bin(latency: jax.Array) -> jax.Array:
    bins_per_e_fold = LATENCY_BINS / math.log(LONGEST_LATENCY / SHORTEST_LATENCY)
    position = jnp.log(latency / SHORTEST_LATENCY) * bins_per_e_fold
    return jnp.clip(position.astype(jnp.int32), 0, LATENCY_BINS - 1)


def _expand(mask: jax.Array, like: jax.Array) -> jax.Array:
    return mask.reshape(mask.shape + (1,) * (like.ndim - mask.ndim))
