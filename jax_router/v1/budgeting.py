"""What spending a budget needs to know of this environment: what prompts cost, and how many come when."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from jax_router.internal.arrays import constant
from jax_router.v1.env import State, price
from jax_router.v1.expectation import expected
from jax_router.v1.params import Params


def mean_costs(params: Params) -> jax.Array:
    """What a mean prompt, not cached, costs at each model, (N,) float32, USD."""
    lengths = params.traffic.lengths
    return price(params.fleet, lengths.mean_input, constant(0), lengths.mean_output)


def expected_costs(state: State, params: Params) -> jax.Array:
    """What the waiting prompt is expected to cost at each model, (..., N) float32, USD.

    Its own length and the cache are known, and of its answer the mean of such prompts.
    """

    def one(state: State) -> jax.Array:
        return expected(state, params).cost

    for _ in range(jnp.ndim(state.step_count)):
        one = jax.vmap(one)
    return one(state)


def load(params: Params) -> jax.Array:
    """(H,) float32, mean 1: the load in each H-th part of the day."""
    return params.traffic.load


def prompts_per_day(params: Params) -> jax.Array:
    """() float32, prompts a simulated day: outside of pauses they come at `mean_rate`, and pauses take their time."""
    arrivals = params.arrivals
    gap = 1.0 / arrivals.mean_rate + arrivals.pause_prob * arrivals.pause_mean
    return arrivals.day_seconds / gap


def with_load_factor(params: Params, factor: jax.Array | float) -> Params:
    """The same problem with prompts that come `factor` times as fast."""
    arrivals = params.arrivals
    return replace(params, arrivals=replace(arrivals, rate=jnp.asarray(arrivals.rate) * factor))
