"""What spending a budget needs to know of this environment: what prompts cost, and how many come when."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from jax_router.internal.arrays import is_traced
from jax_router.internal.checks import check_number
from jax_router.v0.env import State
from jax_router.v0.params import Params


def mean_costs(params: Params) -> jax.Array:
    """What a prompt costs at each model, (N,) float32, USD."""
    return params.fleet.cost_per_call


def expected_costs(state: State, params: Params) -> jax.Array:
    """What the waiting prompt costs at each model, (..., N) float32, USD: the same for every prompt."""
    return jnp.broadcast_to(jnp.asarray(params.fleet.cost_per_call), state.queue_depths.shape)


def load(params: Params) -> jax.Array:
    """(H,) float32, mean 1: the load in each H-th part of the day."""
    return params.traffic.load


def prompts_per_day(params: Params) -> jax.Array:
    """() float32, prompts a simulated day."""
    return params.steps_per_day


def with_load_factor(params: Params, factor: jax.Array | float) -> Params:
    """The same problem with `factor` times the requests that join a queue with a prompt.

    Raises `ValueError` for a factor that is no number of at least 0.
    """
    if not is_traced(factor):
        check_number("factor", factor, at_least=0)
    arrival_mean = jnp.asarray(params.congestion.arrival_mean) * factor
    return replace(params, congestion=replace(params.congestion, arrival_mean=arrival_mean))
