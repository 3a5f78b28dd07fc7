"""Any environment with gymnax 1.0's interface as trainers for gymnax 0.0.x know one, such as PureJaxRL and rejax."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from gymnax.environments.environment import Environment
from gymnax.wrappers.compat import LegacyStepAPIWrapper


class LegacyStep(LegacyStepAPIWrapper):
    """An environment whose `step` returns five values: observation, state, reward, done and info.

    - done: () bool, the episode ended, terminated or truncated; the state and the observation are then those of the
      next one.
    - info: that of the environment with `discount`, () float32, 0 where the episode was terminated and 1 elsewhere.

    Everything else is the environment's own. gymnax's wrapper of this kind cannot be copied; this one can, and pickled.
    """

    _env: Environment[Any, Any]

    def __getattr__(self, name: str) -> Any:
        if name == "_env" or name.startswith("__"):  # a copy asks for these before it has an environment
            raise AttributeError(name)
        return getattr(self._env, name)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: Any, action: jax.Array | int, params: Any = None
    ) -> tuple[Any, Any, jax.Array, jax.Array, dict[str, Any]]:
        """Make a step, and begin a new episode where this one ends."""
        observation, state, reward, terminated, truncated, info = self._env.step(key, state, action, params)
        info = {"discount": 1.0 - jnp.asarray(terminated, jnp.float32)} | info
        return observation, state, reward, terminated | truncated, info

    def step_env(
        self, key: jax.Array, state: Any, action: jax.Array | int, params: Any
    ) -> tuple[Any, Any, jax.Array, jax.Array, dict[str, Any]]:
        """Make a step without a reset."""
        observation, state, reward, terminated, info = self._env.step_env(key, state, action, params)
        return observation, state, reward, terminated | self._env.is_truncated(state, params), info

    def is_terminal(self, state: Any, params: Any) -> jax.Array:
        """Whether the episode ends in this state, () bool, by the time limit as well."""
        return self._env.is_terminated(state, params) | self._env.is_truncated(state, params)
