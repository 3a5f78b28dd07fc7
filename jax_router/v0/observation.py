"""What a router sees: where every number stands, and how each is made of the state.

length, complexity, N queues, time of day, budget
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.v0.env import State
from jax_router.v0.params import Params

LENGTH, COMPLEXITY = 0, 1
"""Indices of the waiting prompt's length and complexity."""
_FIRST_QUEUE = 2


def queue(model: int) -> int:
    """Index of a model's queue."""
    return _FIRST_QUEUE + model


def queues(num_models: int) -> slice:
    """Where all queues stand, in the order of the models."""
    return slice(_FIRST_QUEUE, _FIRST_QUEUE + num_models)


def time_of_day(num_models: int) -> int:
    """Index of the time of day."""
    return _FIRST_QUEUE + num_models


def budget(num_models: int) -> int:
    """Index of the share of the budget that is left."""
    return time_of_day(num_models) + 1


def size(num_models: int) -> int:
    """N + 4, the numbers of an observation of N models."""
    return budget(num_models) + 1


def names(model_names: Sequence[str]) -> tuple[str, ...]:
    """What each number is, (N + 4,)."""
    return ("length", "complexity", *(f"queue of {name}" for name in model_names), "time of day", "budget")


def scales(params: Params) -> tuple[float, ...]:
    """What each quantity is divided by, (N + 4,): requests for a queue, USD for the budget, and 1 for all others."""
    deepest = [float(params.congestion.max_queue_depth)] * params.num_models
    return (1.0, 1.0, *deepest, 1.0, float(params.budget))


def table(params: Params) -> None:
    """None: what tells models apart, price and speed, is not in an observation."""


def numbers(params: Params) -> dict[str, np.ndarray]:
    """What else a gateway needs to make an observation, each () float32: what queues and complexity mean."""
    difficulty = params.difficulty
    named = {
        "slowdown": params.congestion.slowdown,
        "gap_floor": difficulty.gap_floor,
        "gap_slope": difficulty.gap_slope,
    }
    return {name: np.asarray(value, np.float32) for name, value in named.items()}


def observe(state: State, params: Params) -> jax.Array:
    """What a router sees, (N + 4,) float32, every number in 0 .. 1.

    Length and complexity of the waiting prompt, the N queues over `max_queue_depth`, the time of day in days, and the
    share of the budget that is left.
    """
    filled = jnp.clip(state.queue_depths / params.congestion.max_queue_depth, 0.0, 1.0)
    left = jnp.clip(state.budget_remaining / params.budget, 0.0, 1.0)
    first = jnp.stack([state.prompt.length, state.prompt.complexity])
    last = jnp.stack([state.time_of_day, left])
    return jnp.concatenate([first, filled, last])
