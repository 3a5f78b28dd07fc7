"""Any simulator with the interface of gymnax 1.0, for trainers that ask for no more than that.

gymnax takes seconds to import. Nothing here imports it, except for the methods that return one of its spaces;
`jax_router.gymnax_env` has the environments that are gymnax's own by class and by name.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp

from jax_router.internal.layout import models_outermost
from jax_router.simulator import (
    AnyParams,
    observation_size,
    reset,
    step_from_noise,
    step_with_auto_reset,
)

if TYPE_CHECKING:
    from gymnax.environments import spaces


class AnyEnvironment(Protocol):
    """What a learner asks of an environment: a part of gymnax 1.0's interface, which its own environments have, too."""

    @property
    def name(self) -> str:
        """The name of the environment."""

    @property
    def num_actions(self) -> int:
        """The number of actions."""

    @property
    def default_params(self) -> Any:
        """The parameters of the environment, a pytree."""

    @property
    def reset(self) -> Any:
        """`reset(key, params) -> (observation, state)`."""

    @property
    def step(self) -> Any:
        """`step(key, state, action, params) -> (observation, state, reward, terminated, truncated, info)`."""


class FleetEnvironment:
    """What environments that route over a fleet have in common behind gymnax's interface; they define the rest."""

    model_names: Any  # of tuple[str, ...], the names of the models in the order of the actions

    @property
    def num_actions(self) -> int:
        """The number of actions."""
        raise NotImplementedError

    @property
    def default_params(self) -> Any:
        """The parameters of the environment, a pytree."""
        raise NotImplementedError

    @property
    def obs_shape(self) -> tuple[int]:
        """gymnax's name for the shape of an observation, (D,)."""
        raise NotImplementedError

    def reset_env(self, key: jax.Array, params: Any) -> tuple[jax.Array, Any]:
        """Begin an episode: the observation, (D,) float32, and the state."""
        raise NotImplementedError

    def is_terminated(self, state: Any, params: Any) -> jax.Array:
        """Whether the episode is over for another reason than its length, () bool."""
        raise NotImplementedError

    @partial(jax.jit, static_argnames=("self",))
    def reset(self, key: jax.Array, params: Any = None) -> tuple[jax.Array, Any]:
        """Begin an episode: the observation, (D,) float32, and the state."""
        return self.reset_env(key, self.default_params if params is None else params)

    def is_terminal(self, state: Any, params: Any) -> jax.Array:
        """gymnax's older name for `is_terminated`."""
        return self.is_terminated(state, params)

    def discount(self, state: Any, params: Any) -> jax.Array:
        """0 where the episode is terminated, else 1, () float32."""
        return 1.0 - self.is_terminated(state, params).astype(jnp.float32)

    def action_space(self, params: Any = None) -> "spaces.Discrete":
        """The actions, as gymnax's space; this imports gymnax."""
        from gymnax.environments import spaces

        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: Any = None) -> "spaces.Box":
        """The numbers of an observation, as gymnax's space; this imports gymnax."""
        from gymnax.environments import spaces

        return spaces.Box(0.0, 1.0, self.obs_shape, jnp.float32)


class RouterEnvironment(FleetEnvironment):
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

    @property
    def obs_shape(self) -> tuple[int]:
        return (observation_size(self._default_params),)

    def state_space(self, params: AnyParams | None = None) -> "spaces.Dict":
        """Return the shapes and dtypes of the state's fields; where a number may lie, only the dtype says."""
        params = self._default_params if params is None else params
        return _space_of(jax.eval_shape(lambda: reset(jax.random.key(0), params)[1]))

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: Any, action: jax.Array | int, params: AnyParams | None = None
    ) -> tuple[jax.Array, Any, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step, and begin a new episode where this one ends (as gymnax does, with half its random numbers)."""
        params = self._default_params if params is None else params
        noise = models_outermost(params.simulator.draw_noise(key, params))
        state, made = step_with_auto_reset(models_outermost(state), jnp.asarray(action), noise, params)
        state = models_outermost(state)
        info = auto_reset_info(made, made.final_observation)
        observation = params.simulator.observe(state, params)
        return observation, state, made.reward, made.terminated, made.truncated, info

    def step_env(
        self, key: jax.Array, state: Any, action: jax.Array | int, params: AnyParams
    ) -> tuple[jax.Array, Any, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step without a reset; `terminated` is True only where the budget is spent."""
        state, made = step_from_noise(state, action, params.simulator.draw_noise(key, params), params)
        return made.observation, state, made.reward, made.terminated, step_info(made)

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


def _space_of(like: Any) -> "spaces.Dict | spaces.Box":
    from gymnax.environments import spaces

    if not isinstance(like, jax.ShapeDtypeStruct):
        return spaces.Dict({name: _space_of(value) for name, value in vars(like).items() if value is not None})
    if like.dtype == jnp.bool_:
        return spaces.Box(False, True, like.shape, like.dtype)
    limits = jnp.finfo(like.dtype) if jnp.issubdtype(like.dtype, jnp.floating) else jnp.iinfo(like.dtype)
    # Half the range of the dtype: what is drawn between two limits must not overflow.
    return spaces.Box(limits.min / 2, limits.max / 2, like.shape, like.dtype)


def step_info(made: Any) -> dict[str, jax.Array]:
    """Return what a step says besides its observation and reward, of what the simulator made of it."""
    return vars(made.outcome) | {"discount": 1.0 - made.terminated.astype(jnp.float32)}


def auto_reset_info(made: Any, final_observation: jax.Array) -> dict[str, jax.Array]:
    """Return the same for a step after which a new episode may have begun, with how the old one ended."""
    ends = {"terminated": made.terminated, "truncated": made.truncated}
    return step_info(made) | ends | {"final_observation": final_observation}
