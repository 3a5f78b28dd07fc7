"""What an environment is: a record of six pure functions, and the one way to make a step of them.

    key --draw_noise--> Noise --transition(state, action, noise, params)--> (State, Outcome) --reward--> reward
                                                                                State --observe--> observation

The record is a static field of the parameters (`params.simulator`), so that parameters alone suffice to simulate a
routing problem. Every function here handles one environment unless it says otherwise; `jax.vmap` runs thousands.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_whole_number
from jax_router.internal.layout import batch_innermost

PRACTICALLY_INFINITE = 1e30
"""A budget, USD, so large that subtracting a cost does not change it in float32; it can still be divided by."""


class AnyState(Protocol):
    """The fields that every simulator's state has: one episode at the moment when a prompt waits to be routed."""

    @property
    def time_of_day(self) -> jax.Array:
        """The time of day, () float32, days in [0, 1)."""

    @property
    def budget_remaining(self) -> jax.Array:
        """What is left of the budget, () float32, USD, at least 0."""

    @property
    def step_count(self) -> jax.Array:
        """The number of prompts routed in this episode, () int32."""


class AnyOutcome(Protocol):
    """The fields that every simulator's outcome has: what became of one prompt. All of them are scalars, ()."""

    @property
    def cost(self) -> jax.Array:
        """The cost of the prompt, () float32, USD."""

    @property
    def latency(self) -> jax.Array:
        """The latency of the answer, () float32, s."""

    @property
    def quality(self) -> jax.Array:
        """The quality of the answer, () float32, 0 .. 1."""

    @property
    def quality_required(self) -> jax.Array:
        """The quality that the prompt requires, () float32, 0 .. 1."""

    @property
    def sla_violated(self) -> jax.Array:
        """Whether the latency exceeded the SLA, () bool."""


class AnyParams(Protocol):
    """The fields that every simulator's parameters have: one routing problem as a pytree of arrays."""

    @property
    def simulator(self) -> "Simulator":
        """The simulator that takes these parameters, a static field."""

    @property
    def num_models(self) -> int:
        """The number of models N, a Python int also under `jit`."""

    @property
    def episode_length(self) -> jax.Array:
        """The length of an episode, () int32, prompts."""

    @property
    def budget(self) -> jax.Array:
        """The budget of an episode, () float32, USD."""

    @property
    def max_steps_in_episode(self) -> jax.Array:
        """gymnax's name for `episode_length`, () int32, prompts."""


State = TypeVar("State", bound=AnyState)
Params = TypeVar("Params", bound=AnyParams)


@dataclass(frozen=True)
class Simulator:
    """An environment for one router of N models; its functions are defined in modules, so that it can be pickled.

    Only `draw_noise` draws random numbers, and no function begins a new episode by itself.
    """

    name: str
    """The environment's id, such as those of `jax_router.versions`."""
    draw_noise: Callable[..., Any]
    """`draw_noise(key, params, shape=()) -> Noise`: the random numbers of a step or reset; fields lead with `shape`."""
    initial_state: Callable[..., Any]
    """`initial_state(noise, params) -> State`: the first state of an episode."""
    transition: Callable[..., tuple[Any, Any]]
    """`transition(state, action, noise, params) -> (State, Outcome)`; an action out of range is the nearest model."""
    endings: Callable[..., tuple[jax.Array, jax.Array]]
    """`endings(state, params) -> (terminated, truncated)`: budget spent, and time limit reached; () bool."""
    observe: Callable[..., jax.Array]
    """`observe(state, params) -> observation`: what a router sees, (D,) float32, every number in 0 .. 1."""
    reward: Callable[..., jax.Array]
    """`reward(outcome, params) -> reward`, () float32."""
    takes_keys: bool = False
    """Whether `draw_noise` also takes keys, (B,), with `shape` (B,): each draws what it would draw alone."""


@struct.dataclass
class StepResult:
    """The results of one step."""

    observation: jax.Array  # (D,) float32, after the step and before any reset
    reward: jax.Array  # () float32
    terminated: jax.Array  # () bool, the budget was spent
    truncated: jax.Array  # () bool, the time limit was reached
    outcome: Any  # the simulator's `Outcome`


@struct.dataclass
class Transition:
    """One step under auto-reset; in a rollout of B environments for T steps every field leads with (T, B)."""

    observation: jax.Array  # (D,) float32, what the policy saw
    action: jax.Array  # () int32
    reward: jax.Array  # () float32
    terminated: jax.Array  # () bool, the budget was spent
    truncated: jax.Array  # () bool, the time limit was reached
    final_observation: jax.Array  # (D,) float32, after the step and before any reset: what to bootstrap from
    outcome: Any  # the simulator's `Outcome`


def reset(key: jax.Array, params: AnyParams) -> tuple[jax.Array, Any]:
    """Begin an episode: the observation, (D,) float32, and the state."""
    simulator = params.simulator
    state = simulator.initial_state(simulator.draw_noise(key, params), params)
    return simulator.observe(state, params), state


def reset_batch(key: jax.Array, num_envs: int, params: AnyParams) -> Any:
    """Begin `num_envs` episodes from one key, and return their states; every field leads with (B,).

    Raises `ValueError` for a number of environments that is not a whole number of at least 1.
    """
    num_envs = check_whole_number("num_envs", num_envs, at_least=1)
    noise = params.simulator.draw_noise(key, params, (num_envs,))
    return jax.vmap(params.simulator.initial_state, in_axes=(0, None))(noise, params)


def step(
    state: State, action: jax.Array | int, key: jax.Array, params: AnyParams
) -> tuple[jax.Array, State, jax.Array, jax.Array, jax.Array, Any]:
    """Make a step from a key: observation, next state, reward, terminated, truncated, and the `Outcome`."""
    state, made = step_from_noise(state, action, params.simulator.draw_noise(key, params), params)
    return made.observation, state, made.reward, made.terminated, made.truncated, made.outcome


def step_from_noise(state: State, action: jax.Array | int, noise: Any, params: AnyParams) -> tuple[State, StepResult]:
    """Make a step from the noise that `params.simulator.draw_noise` drew: the next state, and the step's results."""
    simulator = params.simulator
    state, outcome = simulator.transition(state, action, noise, params)
    terminated, truncated = simulator.endings(state, params)
    return state, StepResult(
        observation=simulator.observe(state, params),
        reward=simulator.reward(outcome, params),
        terminated=terminated,
        truncated=truncated,
        outcome=outcome,
    )


def step_with_auto_reset(state: State, action: jax.Array, noise: Any, params: AnyParams) -> tuple[State, Transition]:
    """Make a step of one environment, and begin its next episode where this one ends.

    The first state of the next episode is made from the same `Noise` as the step before it, so that no number is drawn
    for a reset that does not happen. Every episode by itself has the right distribution; two neighbours share only one
    prompt, which the first one shows in its final observation and the second one begins with.
    """
    observation = params.simulator.observe(state, params)
    stepped, made = step_from_noise(state, action, noise, params)
    done = made.terminated | made.truncated
    started = params.simulator.initial_state(noise, params)
    state = jax.tree.map(lambda new, old: jnp.where(done, new, old), started, stepped)
    return state, Transition(
        observation=observation,
        action=action,
        reward=made.reward,
        terminated=made.terminated,
        truncated=made.truncated,
        final_observation=made.observation,
        outcome=made.outcome,
    )


def step_batch(state: State, action: jax.Array, noise: Any, params: AnyParams) -> tuple[State, Transition]:
    """Make a step of B environments with auto-reset, to be traced: all fields lead with (B,), see `batch_innermost`."""
    stepped, made = jax.vmap(step_with_auto_reset, in_axes=(0, 0, 0, None))(
        batch_innermost(state), action, batch_innermost(noise), params
    )
    return batch_innermost(stepped), made


def observation_size(params: AnyParams) -> int:
    """Return D, the length of an observation, without computing anything or starting a backend."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    return jax.eval_shape(lambda key: reset(key, params)[0], key).size


def nearest_model(action: jax.Array | int, num_models: int) -> jax.Array:
    """Clamp an action of any integer type and shape to int32 in 0 .. `num_models` - 1.

    Raises `ValueError` for an action of another type.
    """
    action = jnp.asarray(action)
    if not jnp.issubdtype(action.dtype, jnp.integer):
        raise ValueError(f"action has dtype {action.dtype}; it must be of integers, from 0 to {num_models - 1}")
    # A bound that the type cannot hold would wrap around; no action of that type exceeds it, so it is not needed.
    highest = min(num_models - 1, jnp.iinfo(action.dtype).max)
    return jnp.clip(action, 0, highest).astype(jnp.int32)


def without_budget(params: Params) -> Params:
    """Return the problem with a budget that is never spent: the share that is left is observed as exactly 1."""
    return replace(params, budget=constant(PRACTICALLY_INFINITE))  # type: ignore[type-var]  # structs are dataclasses
