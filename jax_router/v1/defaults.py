"""The functions of a simulator for LLMRouter-v1, whose `default` scenario they take where no problem is given."""

import jax

from jax_router import rollout, simulator
from jax_router.episodes import Episodes
from jax_router.policy import AnyPolicy
from jax_router.simulator import Transition
from jax_router.v1 import env, observation
from jax_router.v1.env import State
from jax_router.v1.noise import Noise
from jax_router.v1.params import Params
from jax_router.v1.reward import Outcome
from jax_router.v1.scenarios import DEFAULT


def reset(key: jax.Array, params: Params = DEFAULT) -> tuple[jax.Array, State]:
    """Begin an episode.

    Args:
        key: a JAX random key.
        params: the routing problem; default: the `default` scenario.

    Returns:
        The observation, (9 N + 5,) float32, and the state.
    """
    return simulator.reset(key, params)


def step(
    state: State, action: jax.Array | int, key: jax.Array, params: Params = DEFAULT
) -> tuple[jax.Array, State, jax.Array, jax.Array, jax.Array, Outcome]:
    """Route the waiting prompt to one model, and draw the next prompt.

    Args:
        state: the state to act in.
        action: () integer, the index of a model; one out of range means the nearest model.
        key: a JAX random key, all the chance of this step.
        params: the routing problem; default: the `default` scenario.

    Returns:
        observation: (9 N + 5,) float32 in 0 .. 1, see `observe`.
        state: the next state.
        reward: () float32, see `jax_router.v1.reward.reward`.
        terminated: () bool, the budget is spent.
        truncated: () bool, the time limit is reached; both may be true at once.
        info: an `Outcome`.
    """
    return simulator.step(state, action, key, params)


def transition(state: State, action: jax.Array | int, noise: Noise, params: Params = DEFAULT) -> tuple[State, Outcome]:
    """One step without chance of its own: see `jax_router.v1.env.transition`."""
    return env.transition(state, action, noise, params)


def observe(state: State, params: Params = DEFAULT) -> jax.Array:
    """What a router sees, (9 N + 5,) float32: see `jax_router.v1.observation.observe`."""
    return observation.observe(state, params)


def run_steps(
    key: jax.Array,
    policy: AnyPolicy,
    num_envs: int,
    num_steps: int,
    params: Params = DEFAULT,
    state: State | None = None,
) -> tuple[State, Transition]:
    """Run a policy in many environments with auto-reset: see `jax_router.rollout.run_steps`."""
    return rollout.run_steps(key, policy, num_envs, num_steps, params, state)


def run_episodes(key: jax.Array, policy: AnyPolicy, num_episodes: int, params: Params = DEFAULT) -> Episodes:
    """Run whole episodes and sum each of them up: see `jax_router.rollout.run_episodes`."""
    return rollout.run_episodes(key, policy, num_episodes, params)
