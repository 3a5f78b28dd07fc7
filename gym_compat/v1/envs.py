"""LLMRouter-v1 for Gymnasium: one environment, or thousands as one."""

from typing import Any, ClassVar, Unpack

import numpy as np
from gymnasium.vector import AutoresetMode

from gym_compat.env import RouterEnv, View
from gym_compat.v1.scene import scene_of
from gym_compat.v1.settings import EnvSettings, checked
from gym_compat.v1.text import draw_text
from gym_compat.vector_env import RouterVectorEnv


class LLMRouterV1Env(RouterEnv):
    """Routing prompts with tokens across N models whose endpoints batch, refuse and fail.

    - observation: (9 N + 5,) float32 in 0 .. 1, see `jax_router.v1.observation`.
    - action: an integer in 0 .. N - 1, the index of a model.
    - reward: a float, see `jax_router.v1.reward.reward`.
    - terminated: the budget is spent; truncated: `episode_length` prompts were routed. Both may be True at once.
    - info of a step: the fields of `jax_router.v1.Outcome`, `budget_remaining` (USD) and `model` (the index of the one
      that was chosen). That of a reset is empty.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 10}  # type: ignore[misc]  # Gymnasium leaves ClassVar out

    def __init__(
        self, render_mode: str | None = None, seed: int | None = None, **settings: Unpack[EnvSettings]
    ) -> None:
        """Take the keyword arguments of `gym_compat.v1.settings.EnvSettings`; nothing is compiled before a reset.

        `seed` is that of the first reset, where that one is given none.

        Raises:
            TypeError: for a keyword that is not in `EnvSettings`.
            ValueError: one line that names the field, the value and what is allowed.
        """
        super().__init__(checked(**settings), render_mode, seed)

    def _draw(self, view: View) -> str | np.ndarray:
        scene = scene_of(view)
        if self.render_mode == "ansi":
            return draw_text(scene)
        from gym_compat.v1.picture import draw_picture  # Pillow is for those who look

        return draw_picture(scene)


class LLMRouterV1VectorEnv(RouterVectorEnv):
    """B environments, each of which lives as an `LLMRouterV1Env` with its own seed: see `RouterVectorEnv`."""

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: None = None,
        seed: int | None = None,
        max_episode_steps: int | None = None,
        **settings: Unpack[EnvSettings],
    ) -> None:
        """Take the keyword arguments of `gym_compat.v1.settings.EnvSettings`; nothing is compiled before a reset.

        Args:
            num_envs: B, at least 1.
            autoreset_mode: an `AutoresetMode`, or its value: "NextStep", "SameStep" or "Disabled".
            render_mode: None; make a single environment to look at one.
            seed: the seed of the first reset, where that one is given none.
            max_episode_steps: a time limit, prompts, where it is shorter than the problem's own.
            settings: the same for all environments.

        Raises:
            TypeError: for a keyword that is not in `EnvSettings`.
            ValueError: one line that names the field, the value and what is allowed.
        """
        super().__init__(checked(**settings), num_envs, autoreset_mode, render_mode, seed, max_episode_steps)
