"""What each model of LLMRouter-v1 would earn with a prompt if nothing were inside it, and what that would take."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.simulator import reset_batch
from jax_router.v1.endpoint import Work, forecast
from jax_router.v1.env import CACHED, price
from jax_router.v1.fleet import UNLIMITED
from jax_router.v1.params import Params
from jax_router.v1.quality import normal_cdf
from jax_router.v1.reward import waiting_penalty
from jax_router.v1.traffic import Prompt


@dataclass(frozen=True)
class Prompts:
    """P prompts, as likely each, with their answers' lengths; letters: N models, R resources that are limited.

    Resources are the tokens of a model with a limit of tokens, the requests of one with a limit of requests, and money.
    """

    earned: np.ndarray
    """(P, N + 1) float64, the mean reward at each model, and of a prompt that is lost."""
    taken: np.ndarray
    """(P, N + 1, R) float64, in 1,000 tokens, requests, and USD."""


def draw_prompts(key: jax.Array, params: Params, count: int) -> Prompts:
    """Draw prompts, and what they would earn with every endpoint idle, up and unlimited: never less than it can be.

    The hidden ease is averaged over, as nobody sees it; answers' lengths are taken as known. Follow-ups find their
    cache at every model.
    """
    state = reset_batch(key, count, params)
    follow_ups = jnp.arange(count) < round(float(params.follow_up) * count)
    shuffled = jax.random.permutation(jax.random.fold_in(key, 1), follow_ups)
    cached = jnp.where(shuffled, jnp.float32(CACHED), 0.0)
    earned, cost = jax.jit(jax.vmap(_alone, in_axes=(0, 0, None)))(state.prompt, cached, params)
    tokens = np.asarray(state.prompt.input_tokens + state.prompt.output_tokens, np.float64) / 1000
    lost = np.full((count, 1), -float(params.reward.loss_penalty))
    taken = [_by_model(tokens[:, None], limited) for limited in _limited(params.fleet.token_limit)]
    taken += [_by_model(np.ones((count, 1)), limited) for limited in _limited(params.fleet.request_limit)]
    taken.append(np.asarray(cost, np.float64))
    nothing = np.zeros((count, 1, len(taken)))
    return Prompts(
        np.concatenate([np.asarray(earned, np.float64), lost], 1),
        np.concatenate([np.stack(taken, -1), nothing], 1),
    )


def capacities(params: Params, seconds: float) -> np.ndarray:
    """What an episode can take of each resource, (R,) float64, whose last prompt comes after some time, s.

    A bucket begins half full on average, and is filled until the last prompt.
    """
    filled = 0.5 + seconds / 60
    tokens = np.asarray(params.fleet.token_limit, np.float64)
    requests = np.asarray(params.fleet.request_limit, np.float64)
    return np.array(
        [
            *(filled * tokens[tokens < UNLIMITED] / 1000),
            *(filled * requests[requests < UNLIMITED]),
            float(params.budget),
        ]
    )


def _alone(prompt: Prompt, cached: jax.Array, params: Params) -> tuple[jax.Array, jax.Array]:
    """The mean reward of one prompt at each idle model, and its cost, USD, both (N,) float32."""
    engines, weights = params.engines, params.reward
    own_prefill = prompt.input_tokens * (1.0 - cached) / engines.prefill_rate
    met = forecast(Work.none(engines), own_prefill, engines)
    # The penalty is convex, so that the jitter, whose mean is above its median, only adds to it.
    ttft = met.ttft + engines.overhead
    latency = ttft + (prompt.output_tokens - 1.0) * met.per_token
    cost = price(params.fleet, prompt.input_tokens, cached, prompt.output_tokens)
    earned = weights.quality_weight * normal_cdf(prompt.z) - weights.cost_weight * cost
    return earned - waiting_penalty(ttft, latency, weights), cost


def _limited(limits: jax.Array) -> list[np.ndarray]:
    """One (N,) bool for each model that has a limit, True there alone."""
    known = np.asarray(limits)
    return [np.arange(len(known)) == i for i in np.flatnonzero(known < UNLIMITED)]


def _by_model(amounts: np.ndarray, limited: np.ndarray) -> np.ndarray:
    return np.asarray(amounts * limited)
