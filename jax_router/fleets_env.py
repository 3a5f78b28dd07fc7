"""Many routing problems as one environment behind gymnax 1.0's interface, to learn one policy for all of them."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from jax_router import versions
from jax_router.environment import FleetEnvironment, auto_reset_info, step_info
from jax_router.observation_table import without_absent
from jax_router.problems import Problems
from jax_router.simulator import observation_size, reset, step_from_noise, step_with_auto_reset


@struct.dataclass
class OneOfMany:
    """One episode, and the problem that it belongs to."""

    router: Any  # the simulator's `State`
    params: Any  # the simulator's `Params`, of one problem
    present: jax.Array  # (N,) bool


class FleetsRouter(FleetEnvironment):
    """Routing prompts across fleets that differ from environment to environment.

    A reset draws one of the problems, and the environment keeps it over the episodes that follow.

    - observation: (D,) float32 for N models, as the simulator's `observe` gives it; the rows of absent models are 0.
    - action: () int32 in 0 .. N - 1; an absent model refuses every prompt.
    - reward, endings and info: those of `jax_router.environment.RouterEnvironment`.
    """

    def __init__(self, problems: Problems) -> None:
        """Take the problems that become `default_params`.

        Raises `ValueError` where an observation of their simulator is no table with a row for each model.
        """
        example = problems.one(0)
        table = versions.of(example).observation.table(example)
        if table is None:
            raise ValueError(f"an observation of {example.simulator.name} is no table with a row for each model")
        self._table = table
        self._size = observation_size(example)
        self._default_params = problems

    @property
    def default_params(self) -> Problems:
        return self._default_params

    @property
    def name(self) -> str:
        return f"Fleets{self._default_params.simulator.name}"

    @property
    def num_actions(self) -> int:
        return self._default_params.num_models

    @property
    def model_names(self) -> tuple[str, ...]:
        """A number for each model, in the order of the actions: models have other names in every problem."""
        return tuple(str(i) for i in range(self.num_actions))

    @property
    def obs_shape(self) -> tuple[int]:
        return (self._size,)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: OneOfMany, action: jax.Array | int, params: Problems | None = None
    ) -> tuple[jax.Array, OneOfMany, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step, and begin a new episode of the same problem where this one ends."""
        noise = state.params.simulator.draw_noise(key, state.params)
        moved, made = step_with_auto_reset(state.router, jnp.asarray(action), noise, state.params)
        info = auto_reset_info(made, without_absent(made.final_observation, state.present, self._table))
        moved = OneOfMany(moved, state.params, state.present)
        return self._seen(moved), moved, made.reward, made.terminated, made.truncated, info

    def step_env(
        self, key: jax.Array, state: OneOfMany, action: jax.Array | int, params: Problems
    ) -> tuple[jax.Array, OneOfMany, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step without a reset; `terminated` is True only where the budget is spent."""
        noise = state.params.simulator.draw_noise(key, state.params)
        moved, made = step_from_noise(state.router, action, noise, state.params)
        moved = OneOfMany(moved, state.params, state.present)
        return self._seen(moved), moved, made.reward, made.terminated, step_info(made)

    def reset_env(self, key: jax.Array, params: Problems) -> tuple[jax.Array, OneOfMany]:
        key_problem, key_episode = jax.random.split(key)
        index = jax.random.randint(key_problem, (), 0, params.present.shape[0])
        problem = jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], params.problem)
        _, router = reset(key_episode, problem)
        state = OneOfMany(router, problem, jnp.asarray(params.present)[index])
        return self._seen(state), state

    def observe(self, key: jax.Array, state: OneOfMany, action: jax.Array | None, params: Problems) -> jax.Array:
        return self._seen(state)

    def is_truncated(self, state: OneOfMany, params: Problems) -> jax.Array:
        return state.params.simulator.endings(state.router, state.params)[1]

    def is_terminated(self, state: OneOfMany, params: Problems) -> jax.Array:
        return state.params.simulator.endings(state.router, state.params)[0]

    def _seen(self, state: OneOfMany) -> jax.Array:
        observation = state.params.simulator.observe(state.router, state.params)
        return without_absent(observation, state.present, self._table)
