"""One environment for Gymnasium: NumPy in, NumPy and Python scalars out."""

import operator
from typing import Any, ClassVar, Unpack

import gymnasium as gym
import numpy as np

from gym_compat.programs.single import SinglePrograms, single_programs
from gym_compat.render.scene import Route, Scene, draw_text
from gym_compat.seeding import NUM_SEEDS, fresh_seeds
from gym_compat.settings import HasProblem, Settings, make_problem
from jax_router.v0.congestion import latency_factor


class LLMRouterEnv(HasProblem, gym.Env[np.ndarray, np.int64]):
    """Routing prompts across a fleet of N language models.

    - observation: (N + 4,) float32 in 0 .. 1, see `jax_router.observe`.
    - action: an integer in 0 .. N - 1, the index of a model.
    - reward: a float, see `jax_router.v0.reward.reward`.
    - terminated: the budget is spent; truncated: `episode_length` prompts were routed. Both may be True at once.
    - info of a step: `cost` (USD), `quality` and `quality_required` (0 .. 1), `latency` (s), `sla_violated` (bool),
      `model_name` (str), `budget_remaining` (USD). That of a reset is empty.

    `gym_compat.seeding` says which random numbers an episode gets. Everything is NumPy between two steps, so that an
    environment can be pickled and copied; a copy goes on by itself with the same luck.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 10}  # type: ignore[misc]  # Gymnasium leaves ClassVar out

    def __init__(self, render_mode: str | None = None, **settings: Unpack[Settings]) -> None:
        """Take the keyword arguments of `gym_compat.settings.Settings`; nothing is compiled before the first reset.

        Raises:
            TypeError: for a keyword that is not in `Settings`.
            ValueError: one line that names the field, the value and what is allowed.
        """
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode is {render_mode!r}; it must be None, 'ansi' or 'rgb_array'")
        self.render_mode = render_mode
        self.problem = make_problem(**settings)
        self.observation_space = self.problem.observation_space
        self.action_space = self.problem.action_space
        self._model_names = tuple(model.name for model in self.models)
        self._programs: SinglePrograms | None = None  # until the first reset
        self._seed = self._episode = self._step_count = 0
        self._ended = False
        self._last: tuple[int, float, dict[str, Any]] | None = None  # action, reward and info of the last step

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode: the first one of `seed`, or the next one where no seed is given. `options` has no effect.

        Returns the observation, (N + 4,) float32, and an empty dict.
        """
        super().reset(seed=seed)
        if seed is None and self._programs is not None:
            self._episode += 1
        else:
            self._seed = int(fresh_seeds(self.np_random)) if seed is None else seed % NUM_SEEDS
            self._episode = 0
        if self._programs is None:
            self._programs = single_programs(self.problem.params)
        self._step_count = 0
        self._rows = self._programs.draw(self._seed, self._episode, 0)
        self._packed = self._programs.begin(self._rows[0])
        self._ended = False
        self._last = None
        return self._packed[self._programs.state_width :].copy(), {}

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Route the waiting prompt to one model.

        Args:
            action: the index of a model, an integer in 0 .. N - 1 (Python's, NumPy's, or an array without dimensions).

        Returns:
            Observation (N + 4,) float32, reward, terminated, truncated, and the info that the class describes.

        Raises:
            ValueError: an action that is not the index of a model.
            gymnasium.error.ResetNeeded: before the first reset, or after the end of an episode.
        """
        programs = self._programs
        if programs is None or self._ended:
            raise gym.error.ResetNeeded(self._what_is_missing())
        index = self._index(action)
        self._step_count += 1
        position = self._step_count % programs.block
        if position == 0:
            self._rows = programs.draw(self._seed, self._episode, self._step_count)
        row = self._rows[position]
        head, tail = programs.state_width, programs.report_start
        row[:head] = self._packed[:head]
        row[-1] = index
        self._packed = packed = np.asarray(programs.step(row))
        # In the order of `gym_compat.programs.single.Report`.
        reward, terminated, truncated, cost, latency, quality, required, violated, budget = packed[tail:].tolist()
        self._ended = bool(terminated or truncated)
        info = {
            "cost": cost,
            "quality": quality,
            "latency": latency,
            "model_name": self._model_names[index],
            "budget_remaining": budget,
            "quality_required": required,
            "sla_violated": violated != 0.0,
        }
        self._last = index, reward, info
        return packed[head:tail].copy(), reward, terminated != 0.0, truncated != 0.0, info

    def render(self) -> str | np.ndarray | None:
        """The fleet as it is now: text for "ansi", a picture (H, W, 3) uint8 for "rgb_array".

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self.render_mode is None:
            gym.logger.warn("render() draws nothing: make the environment with render_mode='ansi' or 'rgb_array'")
            return None
        scene = self._scene()
        if self.render_mode == "ansi":
            return draw_text(scene)
        from gym_compat.render.picture import draw_picture  # Pillow is for those who look

        return draw_picture(scene)

    def _scene(self) -> Scene:
        if self._programs is None:
            raise gym.error.ResetNeeded(self._what_is_missing())
        state, params = self._programs.state(self._packed), self.problem.params
        last = None
        if self._last is not None:
            action, reward, info = self._last
            outcome = {key: info[key] for key in ("cost", "latency", "quality", "quality_required", "sla_violated")}
            last = Route(action, reward, **outcome)
        return Scene(
            scenario=self.scenario,
            models=self.models,
            queue_depths=np.asarray(state.queue_depths),
            max_queue_depth=self.max_queue_depth,
            latency_now=np.asarray(params.fleet.latency_mean * latency_factor(state.queue_depths, params.congestion)),
            sla_threshold=self.reward_config.sla_threshold,
            time_of_day=float(state.time_of_day),
            budget_remaining=float(state.budget_remaining),
            budget=self.budget,
            step_count=self._step_count,
            episode_length=self.episode_length,
            length=float(state.prompt.length),
            complexity=float(state.prompt.complexity),
            quality_required=float(state.prompt.quality_required),
            last=last,
        )

    def _index(self, action: object) -> int:
        try:
            index = operator.index(action)  # type: ignore[arg-type]  # what is no integer raises
        except TypeError:
            index = -1
        if 0 <= index < len(self._model_names):
            return index
        raise ValueError(f"action is {action!r}; it must be an integer from 0 to {len(self._model_names) - 1}")

    def _what_is_missing(self) -> str:
        if self._programs is None:
            return "there is no episode yet; call reset() first"
        return "the episode has ended; call reset() before the next step()"
