"""One environment for Gymnasium: NumPy in, NumPy and Python scalars out."""

import operator
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from gym_compat.problem import HasProblem, Problem
from gym_compat.programs.cache import programs_of
from gym_compat.programs.lookahead import FIRST, child
from gym_compat.programs.single import SinglePrograms
from gym_compat.seeding import NUM_SEEDS, check_options, checked_seed, fresh_seeds


@dataclass(frozen=True)
class View:
    """What `render` needs to know about an environment between two steps."""

    problem: Problem
    state: Any  # the simulator's `State`, with NumPy arrays as fields
    last: tuple[int, float, dict[str, Any]] | None  # action, reward and info of the last step; None before the first


class StepInfo(dict[str, Any]):
    """The info of a step. Programs written for llm-router-env look up `model_name` in it.

    It is no key, because what reads infos as arrays, such as TorchRL, cannot take a str.
    """

    __slots__ = ("model_name",)
    model_name: str

    def __missing__(self, key: str) -> str:
        """Return the name of the model for that key, and raise `KeyError` for any other."""
        if key == "model_name":
            return self.model_name
        raise KeyError(key)


class RouterEnv(HasProblem, gym.Env[np.ndarray, np.int64]):
    """Routing prompts across a fleet of N language models, in any simulator.

    - observation: (D,) float32 in 0 .. 1, as the simulator gives it.
    - action: an integer in 0 .. N - 1, the index of a model.
    - reward: a float.
    - terminated: the budget is spent; truncated: `episode_length` prompts were routed. Both may be True at once.
    - info of a step: the fields of the simulator's `Outcome`, `budget_remaining` (USD) and `model`, the index of the
      model that was chosen; numbers are NumPy's scalars, and bools are arrays (). The info of a reset is empty.
      `info["model_name"]` is its name, though it is no key of the dict.
    - metadata: `model_names`, the names of the models in the order of the actions.

    `gym_compat.seeding` explains which random numbers an episode gets. Between two steps everything is NumPy, so that
    an environment can be pickled and copied; a copy goes on independently with the same random numbers.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # Gymnasium leaves ClassVar out

    def __init__(self, problem: Problem, render_mode: str | None = None, seed: int | None = None) -> None:
        """Take a problem; nothing is compiled before the first reset.

        Args:
            problem: the routing problem.
            render_mode: one of `metadata["render_modes"]`, or None.
            seed: the seed of the first reset, where that one is given none.

        Raises:
            ValueError: a render mode that there is not, or a seed that is no integer of at least 0.
        """
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            allowed = " or ".join(map(repr, modes))
            raise ValueError(f"render_mode is {render_mode!r}; it must be None{', ' if modes else ''}{allowed}")
        self.render_mode = render_mode
        self.problem = problem
        self.observation_space = self.problem.observation_space
        self.action_space = self.problem.action_space
        self._model_names = self.problem.model_names
        self.metadata = {**self.metadata, "model_names": self.problem.model_names}  # type: ignore[misc]
        self._indices = [np.int32(i) for i in range(len(self.problem.model_names))]
        self._programs: SinglePrograms | None = None  # until the first reset
        self._first_seed = None if seed is None else checked_seed("seed", seed)
        self._seed = self._episode = self._step_count = 0
        self._ended = False
        self._last: tuple[int, float, dict[str, Any]] | None = None  # action, reward and info of the last step

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode: the first one of `seed`, or the next one where no seed is given. `options` has no effect.

        Returns the observation, (D,) float32, and an empty dict. Raises `ValueError` for a seed that is no integer of
        at least 0, and for options that are no dict; nothing has changed then. Raises `RuntimeError` in a process that
        was forked from one which had used JAX.
        """
        check_options(options)
        if self._programs is None and seed is None:
            seed = self._first_seed
        seed = None if seed is None else checked_seed("seed", seed)
        super().reset(seed=seed)
        if seed is None and self._programs is not None:
            self._episode += 1
        else:
            self._seed = int(fresh_seeds(self.np_random)) if seed is None else seed % NUM_SEEDS
            self._episode = 0
        if self._programs is None:
            self._programs = programs_of(SinglePrograms, self.problem.params)
        self._step_count = 0
        noise, self._rows = self._programs.draw(self._seed, self._episode, 0)
        self._results = self._programs.begin(noise)
        self._ended = False
        self._last = None
        return self._programs.reader.observation(self._results), {}

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Route the waiting prompt to one model.

        Args:
            action: the index of a model, an integer in 0 .. N - 1 (Python's, NumPy's, or an array without dimensions).

        Returns:
            Observation (D,) float32, reward, terminated, truncated, and the info that the class describes.

        Raises:
            ValueError: an action that is not the index of a model.
            gymnasium.error.ResetNeeded: before the first reset, or after the end of an episode.
        """
        programs = self._programs
        if programs is None or self._ended:
            raise gym.error.ResetNeeded(self._what_is_missing())
        index = self._index(action)
        ahead = self._step_count % programs.depth
        if ahead == 0:
            self._table, self._place = self._look_ahead(programs, index), FIRST
        else:
            self._place = child(self._place, index, len(self._model_names))
        self._step_count += 1
        self._results = results = self._table[self._place]
        reader = programs.reader
        reward, terminated, truncated = reader.reward_and_endings(results)
        info = StepInfo()
        reader.tell(results, info)
        info["model"], info.model_name = self._indices[index], self._model_names[index]
        self._ended = terminated or truncated
        self._last = index, reward, info
        return reader.observation(results), reward, terminated, truncated, info

    @property
    def state(self) -> Any:
        """The simulator's `State` between two steps, with NumPy arrays as fields; changing it changes nothing here.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self._programs is None:
            raise gym.error.ResetNeeded(self._what_is_missing())
        return self._programs.state(self._results)

    @property
    def view(self) -> View:
        """Return what there is to draw now; raises what `state` raises."""
        return View(self.problem, self.state, self._last)

    def render(self) -> str | np.ndarray | None:
        """Show the fleet as it is now: as text for "ansi", as a picture (H, W, 3) uint8 for "rgb_array".

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self.render_mode is None:
            gym.logger.warn("render() draws nothing: make the environment with render_mode='ansi' or 'rgb_array'")
            return None
        return self._draw(self.view)

    def _draw(self, view: View) -> str | np.ndarray:
        """Return what `render` returns in this render mode; subclasses with render modes override it."""
        raise NotImplementedError(f"{type(self).__name__} has no render modes")

    def _look_ahead(self, programs: SinglePrograms, action: int) -> np.ndarray:
        """Return the table of the next steps, of which the first one takes this action."""
        turn = self._step_count // programs.depth % programs.calls
        if turn == 0 and self._step_count:
            _, self._rows = programs.draw(self._seed, self._episode, self._step_count)
        row = self._rows[turn]
        row[: programs.state_width] = self._results[: programs.state_width]
        row[-1] = action
        return np.asarray(programs.table(row))

    def _index(self, action: object) -> int:
        try:
            index = operator.index(action)  # type: ignore[arg-type]  # what is no integer raises
        except TypeError:
            index = -1
        if isinstance(action, bool):  # Python counts a bool as an integer; here it is a mistake
            index = -1
        if 0 <= index < len(self._model_names):
            return index
        raise ValueError(f"action is {action!r}; it must be an integer from 0 to {len(self._model_names) - 1}")

    def _what_is_missing(self) -> str:
        if self._programs is None:
            return "there is no episode yet; call reset() first"
        return "the episode has ended; call reset() before the next step()"
