"""Many environments as two compiled programs: one begins episodes where asked, one makes a step everywhere.

The random numbers are those that `seeding.py` describes.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gym_compat.programs.cache import programs_of
from gym_compat.programs.report import Report, report_of
from gym_compat.seeding import noise_at
from jax_router.simulator import AnyParams, step_from_noise

Tree = TypeVar("Tree")


@struct.dataclass
class Batch:
    """The arrays of B environments that stay on the device between two steps."""

    state: Any  # the simulator's `State`, fields (B, ...)
    seed: jax.Array  # (B,) uint32
    episode: jax.Array  # (B,) int32, episodes since that seed was set


class BatchPrograms:
    """The programs of one routing problem; `programs_of` hands them out, so that each is compiled only once."""

    def __init__(self, params: AnyParams) -> None:
        self.params = params
        self._begin = jax.jit(jax.vmap(self._begin_one))
        self._step = jax.jit(jax.vmap(self._step_or_begin_one))
        self._step_and_begin = jax.jit(self._step_and_begin_all)

    def __reduce__(self) -> tuple[Callable[..., "BatchPrograms"], tuple[type["BatchPrograms"], AnyParams]]:
        return programs_of, (BatchPrograms, self.params)

    def fresh(self, num_envs: int) -> Batch:
        """Return a batch of `num_envs` environments, none of which has begun an episode."""
        zeros = jnp.zeros(num_envs, jnp.uint32)
        state = jax.eval_shape(jax.vmap(self._first_state), zeros, zeros)
        state = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), state)
        return Batch(state=state, seed=zeros, episode=jnp.zeros(num_envs, jnp.int32))

    def begin(self, batch: Batch, where: np.ndarray, reseed: np.ndarray, seeds: np.ndarray) -> tuple[Batch, np.ndarray]:
        """Begin the first episode of a new seed, or the next one of the old seed, in some of the environments.

        Args:
            batch: B environments.
            where: (B,) bool, which of them begin.
            reseed: (B,) bool, which of those do so with a new seed.
            seeds: (B,) uint32, the new seeds.

        Returns:
            The environments, and the observation of all of them, (B, D) float32.
        """
        batch, observation = self._begin(batch, where, reseed, seeds)
        return batch, np.array(observation)

    def step(self, batch: Batch, action: np.ndarray, begin: np.ndarray) -> tuple[Batch, Report]:
        """Step everywhere but where `begin`, (B,) bool, says that the next episode begins instead of a step.

        `action` is (B,) int32 in 0 .. N - 1, and ignored where an episode begins. There, the report holds the first
        observation, and zeros in all other fields.
        """
        batch, report = self._step(batch, action, begin)
        return batch, _on_host(report)

    def step_and_begin(self, batch: Batch, action: np.ndarray) -> tuple[Batch, Report, np.ndarray]:
        """Step everywhere, and begin the next episode at once wherever one ended.

        The report describes the step, and so the end of those episodes; the last result is the observation to act on
        next, (B, D) float32.
        """
        batch, report, observation = self._step_and_begin(batch, action)
        return batch, _on_host(report), np.array(observation)

    def _noise(self, seed: jax.Array, episode: jax.Array, step: jax.Array) -> Any:
        return noise_at(seed, episode, step, self.params)

    def _first_state(self, seed: jax.Array, episode: jax.Array) -> Any:
        return self.params.simulator.initial_state(self._noise(seed, episode, jnp.int32(0)), self.params)

    def _begin_one(
        self, env: Batch, where: jax.Array, reseed: jax.Array, new_seed: jax.Array
    ) -> tuple[Batch, jax.Array]:
        seed = jnp.where(reseed, new_seed, env.seed)
        episode = jnp.where(reseed, 0, env.episode + 1)
        begun = Batch(state=self._first_state(seed, episode), seed=seed, episode=episode)
        env = _select(where, begun, env)
        return env, self.params.simulator.observe(env.state, self.params)

    def _step_one(self, state: Any, action: jax.Array, noise: Any) -> tuple[Any, Report]:
        state, made = step_from_noise(state, action, noise, self.params)
        return state, report_of(state, made)

    def _step_or_begin_one(self, env: Batch, action: jax.Array, begin: jax.Array) -> tuple[Batch, Report]:
        # One draw serves both cases: where an episode begins, it is the noise of that episode's step 0.
        episode = env.episode + begin.astype(jnp.int32)
        noise = self._noise(env.seed, episode, jnp.where(begin, 0, env.state.step_count + 1))
        stepped, report = self._step_one(env.state, action, noise)
        state = _select(begin, self.params.simulator.initial_state(noise, self.params), stepped)
        nothing = jax.tree.map(jnp.zeros_like, report)
        observation = self.params.simulator.observe(state, self.params)
        report = dataclasses.replace(_select(begin, nothing, report), observation=observation)
        return Batch(state=state, seed=env.seed, episode=episode), report

    def _step_and_begin_all(self, batch: Batch, action: jax.Array) -> tuple[Batch, Report, jax.Array]:
        noise = jax.vmap(self._noise)(batch.seed, batch.episode, batch.state.step_count + 1)
        state, report = jax.vmap(self._step_one)(batch.state, action, noise)
        ended = report.terminated | report.truncated
        stepped = dataclasses.replace(batch, state=state)

        def begin_where_ended() -> tuple[Batch, jax.Array]:
            return jax.vmap(self._begin_one)(stepped, ended, jnp.zeros_like(ended), batch.seed)

        # Drawing for all resets doubles the random numbers of a step, and many steps have no reset.
        batch, observation = jax.lax.cond(jnp.any(ended), begin_where_ended, lambda: (stepped, report.observation))
        return batch, report, observation


def _on_host(report: Report) -> Report:
    """Copy a report to new, writable NumPy arrays."""
    return jax.tree.map(np.array, report)


def _select(condition: jax.Array, chosen: Tree, other: Tree) -> Tree:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), chosen, other)
