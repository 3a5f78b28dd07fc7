"""Any simulator behind gymnax 1.0's interface, for trainers that speak it: `LLMRouter` for v0, `LLMRouterV1` for v1.

import gymnax
import jax_router.gymnax_env  # registers LLMRouter-v0 and LLMRouter-v1

env, params = gymnax.make("LLMRouter-v0", scenario="rush_hour")
env, params = gymnax.make("LLMRouter-v0", legacy=True)  # five values from `step`, see `jax_router.gymnax_legacy`

Importing this module also imports gymnax and matplotlib, which takes seconds; `import jax_router` does not.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import gymnax
import jax
import jax.numpy as jnp
from gymnax.environments import environment, spaces

from jax_router import versions
from jax_router.gymnax_legacy import LegacyStep
from jax_router.simulator import (
    AnyOutcome,
    AnyParams,
    observation_size,
    reset,
    step_from_noise,
    step_with_auto_reset,
)


class RouterEnvironment(environment.Environment[Any, Any]):
    """Routing prompts across a fleet of N language models, in the simulator of some parameters.

    - observation: (D,) float32 in 0 .. 1, as the simulator's `observe` gives it.
    - action: () int32 in 0 .. N - 1, the index of a model.
    - reward: () float32.
    - terminated: the budget is spent; truncated: `params.max_steps_in_episode` prompts were routed.
    - info: the fields of `Outcome` by name, `discount`, `terminated`, `truncated`, and `final_observation`, the
      observation after the step and before any reset.

    `reset(key, params)` and `step(key, state, action, params)` give the very numbers of `jax_router.simulator`'s
    `reset(key, params)` and `step(state, action, key, params)`; where an episode ends, `step` also begins the next one.
    """

    def __init__(self, params: AnyParams, model_names: Sequence[str]) -> None:
        """Take the parameters that become `default_params`, and a name for each of their N models.

        Raises `ValueError` for any other number of names.
        """
        super().__init__()
        if len(model_names) != params.num_models:
            raise ValueError(f"model_names has {len(model_names)} names; this fleet has {params.num_models} models")
        self.model_names = tuple(model_names)
        """The names of the models, in the order of the actions."""
        self._default_params = params

    @property
    def default_params(self) -> Any:
        return self._default_params

    @property
    def name(self) -> str:
        return self._default_params.simulator.name

    @property
    def num_actions(self) -> int:
        return len(self.model_names)

    def action_space(self, params: AnyParams | None = None) -> spaces.Discrete:
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: AnyParams | None = None) -> spaces.Box:
        return spaces.Box(0.0, 1.0, (observation_size(self._default_params),), jnp.float32)

    def state_space(self, params: AnyParams | None = None) -> spaces.Dict:
        """Return the shapes and dtypes of the state's fields; where a number may lie, only the dtype says."""
        params = self._default_params if params is None else params
        return _space_of(jax.eval_shape(lambda: reset(jax.random.key(0), params)[1]))

    @property
    def obs_shape(self) -> tuple[int]:
        """gymnax's name for the shape of an observation, (D,)."""
        return (observation_size(self._default_params),)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: Any, action: jax.Array | int, params: AnyParams | None = None
    ) -> tuple[jax.Array, Any, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step, and begin a new episode where this one ends (as gymnax does, with half its random numbers)."""
        params = self._default_params if params is None else params
        noise = params.simulator.draw_noise(key, params)
        state, made = step_with_auto_reset(state, jnp.asarray(action), noise, params)
        info = step_info(made.outcome, made.terminated) | {
            "terminated": made.terminated,
            "truncated": made.truncated,
            "final_observation": made.final_observation,
        }
        observation = params.simulator.observe(state, params)
        return observation, state, made.reward, made.terminated, made.truncated, info

    def step_env(
        self, key: jax.Array, state: Any, action: jax.Array | int, params: AnyParams
    ) -> tuple[jax.Array, Any, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step without a reset; `terminated` is True only where the budget is spent."""
        state, made = step_from_noise(state, action, params.simulator.draw_noise(key, params), params)
        return made.observation, state, made.reward, made.terminated, step_info(made.outcome, made.terminated)

    def reset_env(self, key: jax.Array, params: AnyParams) -> tuple[jax.Array, Any]:
        return reset(key, params)

    def observe(self, key: jax.Array, state: Any, action: jax.Array | None, params: AnyParams) -> jax.Array:
        return params.simulator.observe(state, params)

    def get_obs(self, state: Any, params: AnyParams | None = None, key: jax.Array | None = None) -> jax.Array:
        """Return the observation of a state: gymnax's older name for `observe`."""
        params = self._default_params if params is None else params
        return params.simulator.observe(state, params)

    def is_truncated(self, state: Any, params: AnyParams) -> jax.Array:
        return params.simulator.endings(state, params)[1]

    def is_terminated(self, state: Any, params: AnyParams) -> jax.Array:
        return params.simulator.endings(state, params)[0]


class LLMRouter(RouterEnvironment):
    """The environment `environment_id`, made from a scenario, models and settings instead of parameters."""

    environment_id: ClassVar[str] = versions.DEFAULT
    """One of `jax_router.versions.ENVIRONMENTS`."""

    def __init__(self, scenario: str = "default", models: Sequence[Any] | None = None, **settings: Any) -> None:
        """Pass the arguments to the environment's `make_params`, whose result becomes `default_params`.

        Raises what `make_params` raises.
        """
        version = versions.load(self.environment_id)
        self.models = version.check_models(version.DEFAULT_MODELS if models is None else models)
        """The fleet, in the order of the actions."""
        params = version.make_params(scenario, self.models, **settings)
        super().__init__(params, [model.name for model in self.models])


class LLMRouterV1(LLMRouter):
    """LLMRouter-v1, made from what people write down: see `jax_router.v1.make_params`."""

    environment_id = "LLMRouter-v1"


def _make(face: type[LLMRouter], *, legacy: bool = False, **settings: Any) -> LLMRouter | LegacyStep:
    """Make an environment for `gymnax.make`; with `legacy`, one whose `step` returns five values."""
    env = face(**settings)
    return LegacyStep(env) if legacy else env


for _face in (LLMRouter, LLMRouterV1):
    if _face.environment_id not in gymnax.registered_envs:  # a module that is loaded anew registers nothing twice
        gymnax.register(_face.environment_id, partial(_make, _face))


def _space_of(like: Any) -> spaces.Dict | spaces.Box:
    if not isinstance(like, jax.ShapeDtypeStruct):
        return spaces.Dict({name: _space_of(value) for name, value in vars(like).items()})
    if like.dtype == jnp.bool_:
        return spaces.Box(False, True, like.shape, like.dtype)
    limits = jnp.finfo(like.dtype) if jnp.issubdtype(like.dtype, jnp.floating) else jnp.iinfo(like.dtype)
    # Half the range of the dtype: what is drawn between two limits must not overflow.
    return spaces.Box(limits.min / 2, limits.max / 2, like.shape, like.dtype)


def step_info(outcome: AnyOutcome, terminated: jax.Array) -> dict[str, jax.Array]:
    return vars(outcome) | {"discount": 1.0 - terminated.astype(jnp.float32)}
