"""The simulator behind gymnax 1.0's interface, for trainers that speak it.

Importing this imports gymnax (and with it matplotlib: seconds); `import jax_router` does not.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from gymnax.environments import environment, spaces

from jax_router.rollout import step_with_auto_reset
from jax_router.v0 import env as router
from jax_router.v0.fleet import DEFAULT_MODELS, ModelConfig, check_models
from jax_router.v0.noise import draw_noise
from jax_router.v0.params import Params, make_params
from jax_router.v0.reward import Outcome, reward


class LLMRouter(environment.Environment[router.State, Params]):
    """Routing prompts across a fleet of N language models.

    - observation: (N + 4,) float32 in 0 .. 1, see `jax_router.observe`.
    - action: () int32 in 0 .. N - 1, the index of a model.
    - reward: () float32, see `jax_router.v0.reward.reward`.
    - terminated: the budget is spent; truncated: `params.max_steps_in_episode` prompts were routed.
    - info: the fields of `Outcome` by name, `discount`, `terminated`, `truncated`, and `final_observation`, the
      observation after the step and before any reset.

    `reset(key, params)` and `step(key, state, action, params)` give the very numbers of `jax_router.reset(key, params)`
    and `jax_router.step(state, action, key, params)`; where an episode ends, `step` also begins the next one.
    """

    def __init__(self, scenario: str = "default", models: Sequence[ModelConfig] | None = None, **settings: Any) -> None:
        """Take what `jax_router.make_params` takes, and raise what it raises. It becomes `default_params`."""
        super().__init__()
        self.models = check_models(DEFAULT_MODELS if models is None else models)
        self._default_params = make_params(scenario, self.models, **settings)

    @property
    def default_params(self) -> Params:
        return self._default_params

    @property
    def name(self) -> str:
        return "LLMRouter-v0"

    @property
    def num_actions(self) -> int:
        return len(self.models)

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the actions."""
        return tuple(model.name for model in self.models)

    def action_space(self, params: Params | None = None) -> spaces.Discrete:
        return spaces.Discrete(len(self.models))

    def observation_space(self, params: Params | None = None) -> spaces.Box:
        return spaces.Box(0.0, 1.0, (len(self.models) + 4,), jnp.float32)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: router.State, action: jax.Array | int, params: Params | None = None
    ) -> tuple[jax.Array, router.State, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """One step, and a fresh episode where this one ends (as gymnax does it, with half of its random numbers)."""
        params = self.default_params if params is None else params
        noise = draw_noise(key, params.num_models)
        state, made = step_with_auto_reset(state, jnp.asarray(action), noise, params)
        info = _info(made.outcome, made.terminated) | {
            "terminated": made.terminated,
            "truncated": made.truncated,
            "final_observation": made.final_observation,
        }
        return router.observe(state, params), state, made.reward, made.terminated, made.truncated, info

    def step_env(
        self, key: jax.Array, state: router.State, action: jax.Array | int, params: Params
    ) -> tuple[jax.Array, router.State, jax.Array, jax.Array, dict[str, jax.Array]]:
        """One step without reset; `terminated` is the budget alone."""
        state, outcome = router.transition(state, action, draw_noise(key, params.num_models), params)
        terminated, _ = router.endings(state, params)
        observation = router.observe(state, params)
        return observation, state, reward(outcome, params.reward), terminated, _info(outcome, terminated)

    def reset_env(self, key: jax.Array, params: Params) -> tuple[jax.Array, router.State]:
        return router.reset(key, params)

    def observe(self, key: jax.Array, state: router.State, action: jax.Array | None, params: Params) -> jax.Array:
        return router.observe(state, params)

    def is_truncated(self, state: router.State, params: Params) -> jax.Array:
        return router.endings(state, params)[1]

    def is_terminated(self, state: router.State, params: Params) -> jax.Array:
        return router.endings(state, params)[0]


def _info(outcome: Outcome, terminated: jax.Array) -> dict[str, jax.Array]:
    return asdict(outcome) | {"discount": 1.0 - terminated.astype(jnp.float32)}
