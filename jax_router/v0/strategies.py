"""Routing strategies of this environment that learn nothing, each a pure function of a batch.

Every maker here returns a policy `(key, observation, state) -> action`: one key, observations (..., N + 4) float32,
states with the same leading dimensions, and int32 actions with those dimensions. What needs tuning is tuned in
`tuning.py`; what looks at nothing of this environment is in `jax_router.strategies`.
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.arrays import is_traced, namespace
from jax_router.internal.checks import check_number, check_whole_number
from jax_router.policy import Policy
from jax_router.strategies import constant, random, round_robin
from jax_router.v0.congestion import latency_factor
from jax_router.v0.env import State
from jax_router.v0.params import Params
from jax_router.v0.quality import mean_quality
from jax_router.v0.scenarios import DEFAULT


def cheapest_first(params: Params = DEFAULT) -> Policy:
    """Always the model with the lowest price, of equal ones the best. Knows prices and scores."""
    return constant(_cheapness_rank(params).argmin())


def best_quality(params: Params = DEFAULT) -> Policy:
    """Always the model with the highest quality score, of equal ones the cheapest. Knows scores and prices."""
    return constant(_quality_rank(params).argmin())


def least_latency(params: Params = DEFAULT) -> Policy:
    """The model that is expected to answer first. Knows every model's mean latency and its queue, not the prompt."""

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return _argmin(expected_latency(state, params))

    return policy


def shortest_queue(params: Params = DEFAULT) -> Policy:
    """The model with the fewest requests waiting. Knows the queues, not that models differ."""

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return _argmin(state.queue_depths)

    return policy


def cheapest_within_sla(params: Params = DEFAULT) -> Policy:
    """The cheapest model that is expected to answer within the SLA, or the fastest where none is.

    Of equal prices the best. Knows prices, scores, mean latencies, queues and the SLA, not the prompt.
    """

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return _best_within_sla(_cheapness_rank(params), state, params)

    return policy


def best_quality_within_sla(params: Params = DEFAULT) -> Policy:
    """The model of the highest quality score that is expected to answer within the SLA, or the fastest where none is.

    Of equal scores the cheapest. Knows scores, prices, mean latencies, queues and the SLA, not the prompt.
    """

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return _best_within_sla(_quality_rank(params), state, params)

    return policy


def greedy_reward(params: Params = DEFAULT) -> Policy:
    """The model with the highest expected reward for this prompt now.

    Knows the simulator's own formulas, every parameter, the prompt and the queues; it does not know that what it sends
    today queues up tomorrow, nor that the budget ends.
    """

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return _argmin(-expected_reward(state, params))

    return policy


def two_threshold(
    complexity: float | jax.Array, queue: float | jax.Array, better: int | jax.Array, cheaper: int | jax.Array
) -> Policy:
    """Model `better` for prompts over `complexity` while fewer than `queue` requests wait for it, else `cheaper`.

    Knows the prompt's complexity and one queue; `tuning.best_two_threshold` finds the four numbers. Raises `ValueError`
    for a threshold that is no number (an infinite one always or never holds), and for what is no index of a model.
    """
    for name, threshold in (("complexity", complexity), ("queue", queue)):
        if not is_traced(threshold) and threshold not in (-math.inf, math.inf):
            check_number(name, threshold)
    for name, model in (("better", better), ("cheaper", cheaper)):
        if not is_traced(model):
            check_whole_number(name, model, at_least=0)

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        has_room = jnp.take(state.queue_depths, better, axis=-1) < queue
        chosen = jnp.where((state.prompt.complexity > complexity) & has_room, better, cheaper)
        return chosen.astype(jnp.int32)

    return policy


def rule_of_thumb(params: Params, model_names: Sequence[str]) -> Policy:
    """The two-threshold rule of docs/dynamics.md: complex prompts to tier1_small while its queue is short.

    Raises `ValueError` where `model_names` lacks one of its two models.
    """
    for name in ("tier1_small", "tier2_small"):
        if name not in model_names:
            raise ValueError(f"the models are {', '.join(model_names)}; this rule needs {name}")
    return two_threshold(0.3, 18.0, model_names.index("tier1_small"), model_names.index("tier2_small"))


def static_strategies(params: Params, model_names: Sequence[str]) -> dict[str, Policy]:
    """Every strategy that looks at neither prompt nor queue, by name: the named ones, then each constant model.

    Raises `ValueError` where there is not one name for each of the N models.
    """
    if len(model_names) != params.num_models:
        raise ValueError(f"model_names has {len(model_names)} names; this fleet has {params.num_models} models")
    named = {
        "random": random(params),
        "round-robin": round_robin(params),
        "cheapest-first": cheapest_first(params),
        "best-quality": best_quality(params),
    }
    return named | {f"always {name}": constant(i) for i, name in enumerate(model_names)}


def queue_aware_strategies(params: Params = DEFAULT) -> dict[str, Policy]:
    """Every strategy that looks at the queues and needs no tuning, by name."""
    return {
        "least-latency": least_latency(params),
        "shortest-queue": shortest_queue(params),
        "cheapest-within-sla": cheapest_within_sla(params),
        "best-quality-within-sla": best_quality_within_sla(params),
        "greedy-reward": greedy_reward(params),
    }


def expected_latency(state: State, params: Params = DEFAULT) -> jax.Array:
    """What each model would take now, (..., N) float32, s: its mean latency slowed down by its queue."""
    return _for_each_model(params.fleet.latency_mean, state) * latency_factor(state.queue_depths, params.congestion)


def expected_reward(state: State, params: Params = DEFAULT) -> jax.Array:
    """The mean reward of routing the waiting prompt to each model, (..., N) float32.

    The wait beyond the SLA has the closed form of a normal variable's positive part, E[(X - c)+] with X ~ N(m, s):
    s (phi(d) + d Phi(d)), d = (m - c) / s. Left out are the floor under latency, the clipping of quality, and the
    quality miss penalty.
    """
    weights = params.reward
    factor = latency_factor(state.queue_depths, params.congestion)
    mean = _for_each_model(params.fleet.latency_mean, state) * factor
    # A model without spread is one with hardly any: the formula divides by it.
    std = jnp.maximum(_for_each_model(params.fleet.latency_std, state) * factor, 1e-6)
    distance = (mean - weights.sla_threshold) / std
    lateness = std * (jax.scipy.stats.norm.pdf(distance) + distance * jax.scipy.stats.norm.cdf(distance))
    scores = _for_each_model(params.fleet.quality_score, state)
    quality = mean_quality(scores, state.prompt.complexity[..., None], params.difficulty)
    cost = _for_each_model(params.fleet.cost_per_call, state)
    return weights.quality_weight * quality - weights.cost_weight * cost - weights.latency_penalty * lateness


def _cheapness_rank(params: Params) -> jax.Array:
    """(N,) float32: 0 for the cheapest model, of equal prices the one of the highest score."""
    return _rank(params.fleet.cost_per_call, -params.fleet.quality_score)


def _quality_rank(params: Params) -> jax.Array:
    """(N,) float32: 0 for the model of the highest score, of equal scores the cheapest."""
    return _rank(-params.fleet.quality_score, params.fleet.cost_per_call)


def _rank(first: jax.Array, second: jax.Array) -> jax.Array:
    """The place of each model, (N,) float32, when they are sorted by one column and, where that is equal, another."""
    xp = namespace(first, second)
    return xp.argsort(xp.lexsort((second, first))).astype(np.float32)


def _best_within_sla(rank: jax.Array, state: State, params: Params) -> jax.Array:
    latency = expected_latency(state, params)
    in_time = latency <= params.reward.sla_threshold
    best = _argmin(jnp.where(in_time, _for_each_model(rank, state), jnp.inf))
    return jnp.where(in_time.any(-1), best, _argmin(latency))


def _for_each_model(column: jax.Array, state: State) -> jax.Array:
    """A column of the fleet, (N,), beside the queues of a batch, (..., N)."""
    return jnp.broadcast_to(jnp.asarray(column), state.queue_depths.shape)


def _argmin(values: jax.Array) -> jax.Array:
    return jnp.argmin(values, axis=-1).astype(jnp.int32)
