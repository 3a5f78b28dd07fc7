"""Thousands of environments as one Gymnasium vector environment: each step is one compiled call, without any loop."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from gym_compat.problem import HasProblem, Problem
from gym_compat.programs.batch import BEGIN, BatchPrograms
from gym_compat.programs.cache import programs_of
from gym_compat.seeding import NUM_SEEDS, check_options, checked_seed, fresh_seeds
from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_whole_number


class RouterVectorEnv(HasProblem, VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """B environments, each of which behaves as a `RouterEnv` with its own seed; all arrays are NumPy.

    - observations: (B, D) float32 in 0 .. 1; rewards: (B,) float32; terminations, truncations: (B,) bool.
    - actions: (B,) integers in 0 .. N - 1.
    - infos of a step: the keys of `RouterEnv`, each a (B,) array `key` of numbers or bools beside a (B,) bool mask
      `_key`, False where an environment was reset in this step.
    - metadata: `model_names`, the names of the models in the order of the actions.
    - autoreset: with NEXT_STEP, the default, the step after the end of an episode ignores its action and begins the
      next episode. SAME_STEP begins it at once; `final_obs`, (B, D) float32, and `final_info` then describe the step
      that ended the episode. With DISABLED, call `reset(options={"reset_mask": ...})`.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}  # type: ignore[misc]  # Gymnasium leaves ClassVar out

    def __init__(
        self,
        problem: Problem,
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: None = None,
        seed: int | None = None,
        max_episode_steps: int | None = None,
    ) -> None:
        """Take a problem; nothing is compiled before the first reset.

        Args:
            problem: the routing problem of all environments.
            num_envs: B, at least 1.
            autoreset_mode: an `AutoresetMode`, or its value: "NextStep", "SameStep" or "Disabled".
            render_mode: None; make a single environment to look at one.
            seed: the seed of the first reset, where that one is given none.
            max_episode_steps: a time limit, prompts, where it is shorter than the problem's own.

        Raises:
            ValueError: one line that names the field, the value and what is allowed.
        """
        if render_mode is not None:
            raise ValueError(f"render_mode is {render_mode!r}; it must be None: make a single environment to see one")
        self.num_envs = check_whole_number("num_envs", num_envs, at_least=1)
        self.problem = problem if max_episode_steps is None else _limited(problem, max_episode_steps)
        self._first_seed = None if seed is None else checked_seed("seed", seed)
        self.metadata = {  # type: ignore[misc]
            **self.metadata,
            "autoreset_mode": _autoreset_mode(autoreset_mode),
            "model_names": self.problem.model_names,
        }
        self.single_observation_space = self.problem.observation_space
        self.single_action_space = self.problem.action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._programs: BatchPrograms | None = None  # until the first reset
        self._ended = np.zeros(self.num_envs, np.bool_)

    @property
    def autoreset_mode(self) -> AutoresetMode:
        """The mode that says what happens to an environment whose episode ended."""
        return self.metadata["autoreset_mode"]

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode in every environment, or in those of `options["reset_mask"]`.

        Args:
            seed: an int s gives environment i the seed s + i; a sequence gives one seed to each environment; with None,
                every environment begins the next episode of the seed that it has.
            options: `{"reset_mask": mask}` with a (B,) bool array of which at least one is True.

        Returns:
            The observations of all environments, (B, D) float32, and an empty dict.

        Raises:
            ValueError: a sequence of seeds of another length, a seed that is no integer of at least 0, options that are
                no dict, or a mask of another shape or dtype or without any True. Nothing has changed then.
            gymnasium.error.ResetNeeded: a mask before every environment was reset once.
            RuntimeError: in a process that was forked from one which had used JAX.
        """
        first = self._programs is None
        if first and seed is None:
            seed = self._first_seed
        where = self._where(options)
        reseed, seeds = self._seeds(seed)
        if first and not where.all():
            raise gym.error.ResetNeeded("reset_mask leaves out environments that never began; reset all of them first")
        super().reset(seed=None if seed is None or np.ndim(seed) else int(seed))  # type: ignore[arg-type]
        if first:
            seeds[~reseed] = fresh_seeds(self.np_random, (self.num_envs - int(reseed.sum()),))
            reseed[:] = True
            self._programs = programs_of(BatchPrograms, self.problem.params, self.num_envs)
            self._envs = self._programs.fresh()
        assert self._programs is not None
        self._envs, observations = self._programs.begin(self._envs, where, reseed, seeds)
        self._ended[where] = False
        return observations, {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Route one prompt in every environment.

        Args:
            actions: (B,) integers in 0 .. N - 1.

        Returns:
            Observations (B, D) float32, rewards (B,) float32, terminations and truncations (B,) bool, and infos.

        Raises:
            ValueError: actions of another shape or kind, or one that is not the index of a model.
            gymnasium.error.ResetNeeded: before the first reset, or, without autoreset, where an episode has ended.
        """
        if self._programs is None:
            raise gym.error.ResetNeeded("there is no episode yet; call reset() first")
        actions = self._checked(actions)
        reader = self._programs.reader
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            self._envs, final, report, observations = self._programs.step_and_begin(self._envs, actions)
            rewards, terminations, truncations = reader.endings_of_many(report)
            info = {**reader.told_of_many(report), "model": actions}
            return observations, rewards, terminations, truncations, _with_ends(info, final, terminations | truncations)
        stepped = ~self._ended
        if not stepped.all():
            if self.autoreset_mode is AutoresetMode.DISABLED:
                raise gym.error.ResetNeeded(
                    f"{self._ended.sum()} episodes have ended; reset them with reset(options={{'reset_mask': ...}})"
                )
            actions[self._ended] = BEGIN
        self._envs, observations, report = self._programs.step(self._envs, actions)
        rewards, terminations, truncations = reader.endings_of_many(report)
        # Where an episode began, the report is zero already.
        info = {**reader.told_of_many(report), "model": np.maximum(actions, 0)}
        self._ended = terminations | truncations
        return observations, rewards, terminations, truncations, _beside_masks(info, stepped)

    def _checked(self, actions: object) -> np.ndarray:
        """Return the actions as (B,) int32, or raise the `ValueError` of `step`."""
        listed = isinstance(actions, list | tuple)
        # NumPy would turn bools in a list into integers.
        array = np.asarray(actions, object if listed else None)
        if listed and all(hasattr(x, "__index__") and not isinstance(x, bool | np.bool_) for x in array.flat):
            array = np.array(array.tolist())
        last = len(self.models) - 1
        if array.shape != (self.num_envs,) or array.dtype.kind not in "iu":
            raise ValueError(
                f"actions have shape {array.shape} and dtype {array.dtype}; they must be {self.num_envs} integers"
            )
        if array.min() < 0 or array.max() > last:
            wrong = int(np.argmax((array < 0) | (array > last)))
            raise ValueError(f"the action of environment {wrong} is {array[wrong]}; it must be from 0 to {last}")
        return array.astype(np.int32)  # a copy, also of int32

    def _where(self, options: dict[str, Any] | None) -> np.ndarray:
        """Return which environments to reset, (B,) bool."""
        check_options(options)
        if options is None or "reset_mask" not in options:
            return np.ones(self.num_envs, np.bool_)
        mask = options["reset_mask"]
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            raise ValueError(f"reset_mask is {mask!r}; it must be a NumPy array of {self.num_envs} bools")
        if not mask.any():
            raise ValueError("reset_mask is False everywhere; it must be True for at least one environment")
        return mask

    def _seeds(self, seed: object) -> tuple[np.ndarray, np.ndarray]:
        """Return which environments are given a seed, (B,) bool, and the seeds, (B,) uint32."""
        given = np.full(self.num_envs, seed is not None)
        seeds = np.zeros(self.num_envs, np.uint32)
        if seed is None:
            return given, seeds
        listed = np.asarray(seed, object)
        if not listed.shape:
            first = checked_seed("seed", seed) % NUM_SEEDS
            return given, np.asarray((first + np.arange(self.num_envs)) % NUM_SEEDS, np.uint32)
        if listed.shape != (self.num_envs,):
            raise ValueError(f"seed has shape {listed.shape}; it must be an int or a list of {self.num_envs} seeds")
        for i, one in enumerate(listed):
            given[i] = one is not None
            seeds[i] = checked_seed(f"seed[{i}]", one) % NUM_SEEDS if given[i] else 0
        return given, seeds


def _limited(problem: Problem, max_episode_steps: int) -> Problem:
    """Return the problem with an episode of at most so many prompts."""
    limit = check_whole_number("max_episode_steps", max_episode_steps, at_least=1)
    params = replace(problem.params, episode_length=constant(min(limit, problem.episode_length), np.int32))  # type: ignore[type-var]  # structs are dataclasses
    return replace(problem, params=params)


def _with_ends(info: dict[str, np.ndarray], final: np.ndarray, ended: np.ndarray) -> dict[str, Any]:
    """Return infos as Gymnasium has them with SAME_STEP: the last step of an episode stands in `final_info`."""
    if not ended.any():
        return _beside_masks(info, ~ended)
    infos: dict[str, Any] = {**_beside_masks(_zeroed(info, ~ended), ~ended)}
    infos |= _beside_masks(_zeroed({"final_obs": final}, ended), ended)
    return infos | {"final_info": _beside_masks(_zeroed(info, ended), ended), "_final_info": ended}


def _zeroed(info: dict[str, np.ndarray], mask: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays with 0 where the mask is False."""
    return {
        key: np.where(mask.reshape(-1, *(1,) * (values.ndim - 1)), values, np.zeros((), values.dtype))
        for key, values in info.items()
    }


def _beside_masks(info: dict[str, np.ndarray], mask: np.ndarray) -> dict[str, np.ndarray]:
    """Return infos in Gymnasium's form: each array with a mask of where it is valid."""
    masks = {f"_{key}": mask.copy() for key in info}
    return info | masks


def _autoreset_mode(mode: object) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        allowed = ", ".join(repr(allowed.value) for allowed in AutoresetMode)
        raise ValueError(f"autoreset_mode is {mode!r}; it must be an AutoresetMode or one of {allowed}") from None
