"""Many routing problems as one environment behind gymnax 1.0's interface, to learn one policy for all of them.

Importing this module also imports gymnax and matplotlib, which takes seconds; `import jax_router` does not.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import environment, spaces

from jax_router import versions
from jax_router.gymnax_env import step_info
from jax_router.internal.arrays import constant
from jax_router.simulator import AnyParams, Simulator, observation_size, reset, step_from_noise, step_with_auto_reset


@struct.dataclass
class Problems:
    """P problems of one simulator, each with at most N models; models that a problem lacks are absent."""

    problem: Any  # the simulator's `Params`, fields lead with (P,); in a state, those of one problem
    present: jax.Array  # (P, N) bool
    max_steps_in_episode: int = struct.field(pytree_node=False)  # prompts, the most of any of them

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.present.shape[-1]

    @property
    def simulator(self) -> Simulator:
        """The simulator of all the problems."""
        return self.problem.simulator

    @classmethod
    def of(cls, problems: Sequence[AnyParams]) -> "Problems":
        """Stack problems whose fleets may differ in size.

        Raises `ValueError` where there are none, or where models of their simulator cannot be absent.
        """
        if not problems:
            raise ValueError("problems is empty; there must be at least one")
        num_models = max(problem.num_models for problem in problems)
        pad = versions.of(problems[0]).padded
        if pad is None:
            raise ValueError(f"problems are of {problems[0].simulator.name}, whose models cannot be absent")
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *(pad(problem, num_models) for problem in problems))
        present = constant(np.arange(num_models) < np.array([[problem.num_models] for problem in problems]), np.bool_)
        return cls(stacked, present, max(int(problem.max_steps_in_episode) for problem in problems))


@struct.dataclass
class OneOfMany:
    """One episode, and the problem that it belongs to."""

    router: Any  # the simulator's `State`
    params: Any  # the simulator's `Params`, of one problem
    present: jax.Array  # (N,) bool


class FleetsRouter(environment.Environment[OneOfMany, Problems]):
    """Routing prompts across fleets that differ from environment to environment.

    A reset draws one of the problems, and the environment keeps it over the episodes that follow.

    - observation: (D,) float32 for N models, as the simulator's `observe` gives it; the rows of absent models are 0.
    - action: () int32 in 0 .. N - 1; an absent model refuses every prompt.
    - reward, endings and info: those of `jax_router.gymnax_env.RouterEnvironment`.
    """

    def __init__(self, problems: Problems) -> None:
        """Take the problems that become `default_params`.

        Raises `ValueError` where an observation of their simulator is no table with a row for each model.
        """
        super().__init__()
        example = jax.tree.map(lambda leaf: leaf[0], problems.problem)
        table = versions.of(example).observation.table(example)
        if table is None:
            raise ValueError(f"an observation of {example.simulator.name} is no table with a row for each model")
        self._width = len(table.features)
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

    def action_space(self, params: Problems | None = None) -> spaces.Discrete:
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: Problems | None = None) -> spaces.Box:
        return spaces.Box(0.0, 1.0, (self._size,), jnp.float32)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: OneOfMany, action: jax.Array | int, params: Problems | None = None
    ) -> tuple[jax.Array, OneOfMany, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step, and begin a new episode of the same problem where this one ends."""
        noise = state.params.simulator.draw_noise(key, state.params)
        moved, made = step_with_auto_reset(state.router, jnp.asarray(action), noise, state.params)
        info = step_info(made.outcome, made.terminated) | {
            "terminated": made.terminated,
            "truncated": made.truncated,
            "final_observation": self._masked(made.final_observation, state.present),
        }
        moved = OneOfMany(moved, state.params, state.present)
        return self._seen(moved), moved, made.reward, made.terminated, made.truncated, info

    def step_env(
        self, key: jax.Array, state: OneOfMany, action: jax.Array | int, params: Problems
    ) -> tuple[jax.Array, OneOfMany, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step without a reset; `terminated` is True only where the budget is spent."""
        noise = state.params.simulator.draw_noise(key, state.params)
        moved, made = step_from_noise(state.router, action, noise, state.params)
        moved = OneOfMany(moved, state.params, state.present)
        return self._seen(moved), moved, made.reward, made.terminated, step_info(made.outcome, made.terminated)

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
        return self._masked(state.params.simulator.observe(state.router, state.params), state.present)

    def _masked(self, observation: jax.Array, present: jax.Array) -> jax.Array:
        """Set the rows of absent models to 0."""
        rows = jnp.repeat(present, self._width)
        rest = jnp.ones(observation.shape[0] - rows.shape[0], bool)
        return jnp.where(jnp.concatenate([rows, rest]), observation, 0.0)
