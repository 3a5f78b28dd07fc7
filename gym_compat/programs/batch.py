"""Many environments as two compiled programs: one begins episodes where asked, one makes a step everywhere.

The random numbers are those that `seeding.py` describes. Environments and reports are packed, a row for each number and
a column for each environment, because every array that a program takes or returns costs a call as much as a kernel.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gym_compat.programs.cache import programs_of
from gym_compat.programs.one_kernel import one_kernel
from gym_compat.programs.packing import pack, unpack, width
from gym_compat.programs.reading import ReportReader
from gym_compat.programs.report import Report, report_of
from gym_compat.seeding import noise_at, noise_at_each
from jax_router.simulator import AnyParams, step_from_noise

Tree = TypeVar("Tree")

MAX_IN_ONE_KERNEL = 2**12
"""The most environments that step in one kernel; more of them are worth the thread pool, which no single one has."""
BEGIN = -1
"""The action of an environment whose next episode begins."""


@struct.dataclass
class Env:
    """What stays on the device between two steps of an environment."""

    state: Any  # the simulator's `State`
    seed: jax.Array  # () uint32
    episode: jax.Array  # () int32, episodes since that seed was set


class BatchPrograms:
    """The programs of B environments; `programs_of` hands them out, so that each is compiled only once.

    `Env` is packed as (K, B) float32. So is a report without its observation, which `reader` reads.
    """

    def __init__(self, params: AnyParams, num_envs: int) -> None:
        self.params = params
        self.num_envs = num_envs
        one_env = jax.eval_shape(self._begun, *(jax.ShapeDtypeStruct((1,), dtype) for dtype in (jnp.uint32, jnp.int32)))
        self._like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), one_env)
        number = jax.ShapeDtypeStruct((), jnp.int32)
        noise = jax.eval_shape(noise_at, self._like.seed, number, number, params)
        report = jax.eval_shape(self._step_one, self._like.state, number, noise)[1]
        self.reader = ReportReader(dataclasses.replace(report, observation=jax.ShapeDtypeStruct((0,), jnp.float32)), 0)
        self._begin = jax.jit(self._begin_where)
        self._step = self._compiled(self._step_or_begin)
        self._step_and_begin = jax.jit(self._step_then_begin)

    def __reduce__(self) -> tuple[Callable[..., "BatchPrograms"], tuple[type["BatchPrograms"], AnyParams, int]]:
        return programs_of, (BatchPrograms, self.params, self.num_envs)

    def fresh(self) -> jax.Array:
        """Return environments, (K, B) float32, none of which has begun an episode."""
        return jnp.zeros((width(self._like), self.num_envs), jnp.float32)

    def begin(
        self, envs: jax.Array, where: np.ndarray, reseed: np.ndarray, seeds: np.ndarray
    ) -> tuple[jax.Array, np.ndarray]:
        """Begin the first episode of a new seed, or the next one of the old seed, in some of the environments.

        Args:
            envs: the environments, (K, B) float32.
            where: (B,) bool, which of them begin.
            reseed: (B,) bool, which of those do so with a new seed.
            seeds: (B,) uint32, the new seeds.

        Returns:
            The environments, and the observation of all of them, (B, D) float32.
        """
        envs, observation = self._begin(envs, where, reseed, seeds)
        return envs, np.array(observation)

    def step(self, envs: jax.Array, action: np.ndarray) -> tuple[jax.Array, np.ndarray, np.ndarray]:
        """Step everywhere but where `action`, (B,) int32, is `BEGIN`: there the next episode begins.

        Returns:
            The environments, their observations, (B, D) float32, and the packed report, (R, B) float32, which is zero
            where an episode begins; both are NumPy arrays of their own.
        """
        envs, observation, report = self._step(envs, action)
        return envs, np.array(observation), np.array(report)

    def step_and_begin(
        self, envs: jax.Array, action: np.ndarray
    ) -> tuple[jax.Array, np.ndarray, np.ndarray, np.ndarray]:
        """Step everywhere, and begin the next episode at once wherever one ended.

        The results are those of `step`, where observations and report describe the step, and so the end of those
        episodes, and the observation to act on next, (B, D) float32.
        """
        envs, final, report, observation = self._step_and_begin(envs, action)
        return envs, np.array(final), np.array(report), np.array(observation)

    def _compiled(self, step: Callable[..., Any]) -> Callable[..., Any]:
        if self.num_envs <= MAX_IN_ONE_KERNEL and jax.default_backend() == "cpu":
            compiled = one_kernel(step, [self.fresh(), np.zeros(self.num_envs, np.int32)])
            if compiled is not None:
                return compiled
        return jax.jit(step)

    def _step_or_begin(self, envs: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        env, begin = self._unpacked(envs), action == BEGIN
        # One draw serves both cases: where an episode begins, it is the noise of that episode's step 0.
        episode = env.episode + begin.astype(jnp.int32)
        noise = noise_at_each(env.seed, episode, jnp.where(begin, 0, env.state.step_count + 1), self.params)
        state, report = jax.vmap(self._step_or_begin_one)(env.state, action, noise, begin)
        return _packed(Env(state=state, seed=env.seed, episode=episode)), self._observed(state), _packed_report(report)

    def _step_or_begin_one(self, state: Any, action: jax.Array, noise: Any, begin: jax.Array) -> tuple[Any, Report]:
        stepped, report = self._step_one(state, action, noise)
        state = _select(begin, self.params.simulator.initial_state(noise, self.params), stepped)
        return state, _select(begin, jax.tree.map(jnp.zeros_like, report), report)

    def _step_then_begin(self, envs: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
        env = self._unpacked(envs)
        noise = noise_at_each(env.seed, env.episode, env.state.step_count + 1, self.params)
        state, report = jax.vmap(self._step_one)(env.state, action, noise)
        ended = report.terminated | report.truncated
        stepped = _packed(dataclasses.replace(env, state=state))

        def begin_where_ended() -> tuple[jax.Array, jax.Array]:
            return self._begin_where(stepped, ended, jnp.zeros_like(ended), env.seed)

        # Drawing for all resets doubles the random numbers of a step, and many steps have no reset.
        envs, observation = jax.lax.cond(jnp.any(ended), begin_where_ended, lambda: (stepped, report.observation))
        return envs, report.observation, _packed_report(report), observation

    def _begin_where(
        self, envs: jax.Array, where: jax.Array, reseed: jax.Array, seeds: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        env = self._unpacked(envs)
        seed, episode = jnp.where(reseed, seeds, env.seed), jnp.where(reseed, 0, env.episode + 1)
        begun = jax.vmap(_select)(where, self._begun(seed, episode), env)
        return _packed(begun), self._observed(begun.state)

    def _begun(self, seed: jax.Array, episode: jax.Array) -> Env:
        noise = noise_at_each(seed, episode, jnp.zeros_like(episode), self.params)
        state = jax.vmap(self.params.simulator.initial_state, in_axes=(0, None))(noise, self.params)
        return Env(state=state, seed=seed, episode=episode)

    def _step_one(self, state: Any, action: jax.Array, noise: Any) -> tuple[Any, Report]:
        state, made = step_from_noise(state, action, noise, self.params)
        return state, report_of(state, made)

    def _observed(self, state: Any) -> jax.Array:
        return jax.vmap(self.params.simulator.observe, in_axes=(0, None))(state, self.params)

    def _unpacked(self, envs: jax.Array) -> Env:
        return jax.vmap(lambda column: unpack(column, self._like), in_axes=1)(envs)


def _packed(tree: object) -> jax.Array:
    """Pack a tree whose fields lead with (B,) as columns, (K, B) float32."""
    return jax.vmap(pack, out_axes=1)(tree)


def _packed_report(report: Report) -> jax.Array:
    """Pack the reports of B environments without their observations, (R, B) float32."""
    return _packed(dataclasses.replace(report, observation=report.observation[:, :0]))


def _select(condition: jax.Array, chosen: Tree, other: Tree) -> Tree:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), chosen, other)
