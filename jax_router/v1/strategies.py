"""Routing strategies of this environment that learn nothing, each a pure function of a batch.

Every maker here returns a policy `(key, observation, state) -> action`: one key, observations (B, 9 N + 5) float32,
states that lead with (B,), and (B,) int32 actions. What needs tuning is tuned in `tuning.py`; what looks at nothing of
this environment is in `jax_router.strategies`.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from jax_router.internal.tables import place_in_table
from jax_router.policy import Policy
from jax_router.strategies import constant, random, round_robin
from jax_router.v1.budgeting import mean_costs
from jax_router.v1.env import State, price
from jax_router.v1.expectation import accepts, bucket_share, expected
from jax_router.v1.fleet import UNLIMITED
from jax_router.v1.lengths import OUTPUT_KNOTS
from jax_router.v1.params import Params
from jax_router.v1.reward import waiting_penalty
from jax_router.v1.scenarios import DEFAULT

NUM_ANSWERS = 16
"""Answers of the prompt's kind over which an expected reward is taken."""


def cheapest_first(params: Params = DEFAULT) -> Policy:
    """Always the model whose mean prompt costs least. Knows the prices and the mean lengths."""
    return constant(mean_costs(params).argmin())


def best_quality(params: Params = DEFAULT) -> Policy:
    """Always the model with the highest quality score. Knows the scores."""
    return constant(params.fleet.quality_score.argmax())


def least_ttft(params: Params = DEFAULT) -> Policy:
    """The model that accepts and is expected to give the first token first, or the first of all where none accepts."""
    return _lowest_of_accepting(lambda state: expected(state, params).ttft)


def least_latency(params: Params = DEFAULT) -> Policy:
    """The model that accepts and is expected to end first, or the first of all where none accepts."""
    return _lowest_of_accepting(lambda state: expected(state, params).latency)


def least_load(params: Params = DEFAULT) -> Policy:
    """The model that accepts and has the smallest share of its slots taken. Knows no more than that."""
    return _lowest_of_accepting(lambda state: state.work.requests / params.engines.slots)


def greedy_reward(params: Params = DEFAULT) -> Policy:
    """The model with the highest expected reward for this prompt now.

    Knows the simulator's own formulas, every parameter, the forecasts and what is inside the endpoints; it does not
    know that the tokens of a rate limit that it takes are missing later, nor that the budget ends.
    """
    return _for_each(lambda state: _lowest(-expected_reward(state, params)))


def greedy_less_prices(params: Params, prices: jax.Array) -> Policy:
    """The model with the highest expected reward less the price of what is scarce.

    Args:
        params: the routing problem.
        prices: (3,) float32: of 1,000 tokens of an empty bucket, how fast that price falls as the bucket fills, and of
            1,000 tokens in a slot where every slot is taken; `tuning.best_prices` finds them.
    """
    limited = (jnp.asarray(params.fleet.token_limit) < UNLIMITED) | (
        jnp.asarray(params.fleet.request_limit) < UNLIMITED
    )

    def choose(state: State) -> jax.Array:
        prompt = state.prompt
        tokens = (prompt.input_tokens + prompt.expected_tokens) / 1000.0
        scarcity = jnp.where(limited, prices[0] * jnp.exp(-prices[1] * bucket_share(state, params)), 0.0)
        crowd = prices[2] * state.work.requests / params.engines.slots
        return _lowest(scarcity * tokens + crowd * (prompt.expected_tokens / 1000.0) - expected_reward(state, params))

    return _for_each(choose)


def ladder(params: Params, thresholds: jax.Array, fullest: jax.Array | float) -> Policy:
    """The best model whose threshold the prompt is too hard for, passing over those that refuse or are full.

    How hard a prompt is, is the expected failure of the cheapest model, which also takes what nobody else does.

    Args:
        params: the routing problem.
        thresholds: (N,) float32, the failure of the cheapest model from which each model is worth it.
        fullest: () float32, prompts inside over slots from which a model is full.
    """
    by_quality = jnp.argsort(-jnp.asarray(params.fleet.quality_score)).astype(jnp.int32)
    cheapest = _lowest(mean_costs(params))

    def choose(state: State) -> jax.Array:
        hardness = 1.0 - expected(state, params).quality[cheapest]
        has_room = state.work.requests <= fullest * params.engines.slots
        worth = (hardness > thresholds) & accepts(state, state.prompt.expected_tokens) & has_room
        in_order = worth[by_quality]
        return jnp.where(in_order.any(), by_quality[jnp.argmax(in_order)], cheapest)

    return _for_each(choose)


def rule_of_thumb(params: Params, model_names: Sequence[str]) -> Policy:
    """The ladder of docs/dynamics-v1.md for the preset models.

    Raises `ValueError` where `model_names` lacks one of the five.
    """
    thresholds = {"frontier-api": 0.16, "mid-api": 0.25, "llama-70b": 0.43, "mini-api": 0.04, "llama-8b": 1.0}
    for name in thresholds:
        if name not in model_names:
            raise ValueError(f"the models are {', '.join(model_names)}; this rule needs {name}")
    return ladder(params, jnp.array([thresholds.get(name, 1.0) for name in model_names], jnp.float32), 0.96)


def static_strategies(params: Params, model_names: Sequence[str]) -> dict[str, Policy]:
    """Every strategy that looks at neither prompt nor load, by name: the named ones, then each constant model.

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
    """Every strategy that looks at the state of the endpoints and needs no tuning, by name."""
    return {
        "least-ttft": least_ttft(params),
        "least-latency": least_latency(params),
        "least-load": least_load(params),
        "greedy-reward": greedy_reward(params),
    }


def expected_reward(state: State, params: Params) -> jax.Array:
    """The mean reward of routing the waiting prompt to each model, (N,) float32, over answers of the prompt's kind.

    A model that would refuse, or whose queue is longer than a user's patience, counts as a lost prompt. Left out are
    the fallback and the jitter.
    """
    hope, weights = expected(state, params), params.reward
    gives_up = hope.wait > params.patience

    def of_answer(output_tokens: jax.Array) -> jax.Array:
        cost = price(params.fleet, state.prompt.input_tokens, hope.cached, output_tokens)
        latency = hope.ttft + (output_tokens - 1.0) * hope.per_token
        earned = weights.quality_weight * hope.quality - weights.cost_weight * cost
        earned = earned - waiting_penalty(hope.ttft, latency, weights)
        return jnp.where(accepts(state, output_tokens) & ~gives_up, earned, -weights.loss_penalty)

    return jax.vmap(of_answer)(_likely_answers(state, params)).mean(0, dtype=jnp.float32)


def _likely_answers(state: State, params: Params) -> jax.Array:
    """Answers to prompts of this length, equally likely, (NUM_ANSWERS,) float32, tokens."""
    lengths = params.traffic.lengths
    off = jnp.abs(jnp.asarray(lengths.expected_output) - state.prompt.expected_tokens)
    table = jnp.asarray(lengths.output_quantiles)[jnp.argmin(off)]
    left, share = place_in_table((jnp.arange(NUM_ANSWERS, dtype=jnp.float32) + 0.5) / NUM_ANSWERS, OUTPUT_KNOTS)
    return jnp.maximum(1.0, (1.0 - share) * table[left] + share * table[left + 1])


def _lowest_of_accepting(measure: Callable[[State], jax.Array]) -> Policy:
    def choose(state: State) -> jax.Array:
        values = measure(state)
        accepting = accepts(state, state.prompt.expected_tokens)
        return jnp.where(accepting.any(), _lowest(jnp.where(accepting, values, jnp.inf)), _lowest(values))

    return _for_each(choose)


def _for_each(choose: Callable[[State], jax.Array]) -> Policy:
    """The policy that makes this choice, () int32, in each state of a batch."""

    def policy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return jax.vmap(choose)(state)

    return policy


def _lowest(values: jax.Array) -> jax.Array:
    return jnp.argmin(values, axis=-1).astype(jnp.int32)
