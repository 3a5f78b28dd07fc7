"""What a router may expect of every model for the prompt that waits, from what it can know.

These are one prompt's numbers for N models; `jax.vmap` makes them a batch's.
"""

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.v1.endpoint import forecast
from jax_router.v1.env import State, cached_share, price
from jax_router.v1.params import Params
from jax_router.v1.quality import normal_cdf


@struct.dataclass
class Expected:
    """What is expected of N models, each field (N,) float32."""

    quality: jax.Array  # 0 .. 1
    cost: jax.Array  # USD
    wait: jax.Array  # s, for a slot
    ttft: jax.Array  # s, with the jitter at its median
    per_token: jax.Array  # s for each token after the first
    latency: jax.Array  # s, of the expected answer
    cached: jax.Array  # share of the prompt that is in the cache there


def expected(state: State, params: Params) -> Expected:
    """What each model would do with the waiting prompt, if it accepts it."""
    prompt, engines = state.prompt, params.engines
    cached = cached_share(prompt, params.num_models)
    met = forecast(state.work, prompt.input_tokens * (1.0 - cached) / engines.prefill_rate, engines)
    ttft = met.ttft + engines.overhead
    return Expected(
        quality=normal_cdf(prompt.z),
        cost=price(params.fleet, prompt.input_tokens, cached, prompt.expected_tokens),
        wait=met.wait,
        ttft=ttft,
        per_token=met.per_token,
        latency=ttft + (prompt.expected_tokens - 1.0) * met.per_token,
        cached=cached,
    )


def accepts(state: State, output_tokens: jax.Array) -> jax.Array:
    """Whether each model would take the prompt if its answer had so many tokens, () float32: (N,) bool."""
    tokens = state.prompt.input_tokens + output_tokens
    return (state.down <= 0.0) & (state.request_bucket >= 1.0) & (state.token_bucket >= tokens)


def bucket_share(state: State, params: Params) -> jax.Array:
    """The emptier of each model's two buckets as a share of its size, (N,) float32, 0 .. 1."""
    fleet = params.fleet
    share = jnp.minimum(state.request_bucket / fleet.request_limit, state.token_bucket / fleet.token_limit)
    return jnp.clip(share, 0.0, 1.0)
