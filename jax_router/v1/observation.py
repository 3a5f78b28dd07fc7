"""What a router sees: where every number stands, and how each is made of the state.

Nine features of each model, model after model, then five numbers of all. `observation[: 9 * N].reshape(N, 9)` is the
table that a network which treats all models alike reads; nothing in it depends on a model's index.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.layout import innermost_if_mapped
from jax_router.internal.tables import knot_probabilities
from jax_router.observation_table import ObservationTable
from jax_router.v1.env import State
from jax_router.v1.expectation import bucket_share, expected
from jax_router.v1.lengths import BINS
from jax_router.v1.params import Params

FEATURES = ("quality", "cost", "load", "ttft", "latency", "bucket", "accepts", "home", "capacity")
"""The features of a model, in their order."""
COMMON = ("input tokens", "expected tokens", "arrival rate", "time of day", "budget")
"""The numbers of all, in their order."""


def feature(model: int, name: str) -> int:
    """Index of a model's feature, by its name in `FEATURES`."""
    return len(FEATURES) * model + FEATURES.index(name)


def common(name: str, num_models: int) -> int:
    """Index of a number of all, by its name in `COMMON`."""
    return len(FEATURES) * num_models + COMMON.index(name)


def time_of_day(num_models: int) -> int:
    """Index of the time of day."""
    return common("time of day", num_models)


def budget(num_models: int) -> int:
    """Index of the share of the budget that is left."""
    return common("budget", num_models)


def size(num_models: int) -> int:
    """9 N + 5, the numbers of an observation of N models."""
    return len(FEATURES) * num_models + len(COMMON)


def names(model_names: Sequence[str]) -> tuple[str, ...]:
    """What each number is, (9 N + 5,)."""
    return (*(f"{feature} of {name}" for name in model_names for feature in FEATURES), *COMMON)


def scales(params: Params) -> tuple[float, ...]:
    """What each quantity is divided by, (9 N + 5,): USD for the budget, and 1 for all others."""
    return (*[1.0] * (size(params.num_models) - 1), float(params.budget))


def table(params: Params) -> ObservationTable:
    """The nine features of each model, the numbers of all, and what a reward is made of besides."""
    # NumPy, because this is asked for while functions are traced, too.
    longest = np.asarray(params.traffic.lengths.longest)
    terms = vars(params.reward) | {"patience": params.patience, "log_longest": np.log1p(longest)}
    del terms["refusal_penalty"]
    return ObservationTable(FEATURES, COMMON, {name: float(str(np.float32(value))) for name, value in terms.items()})


def numbers(params: Params) -> dict[str, np.ndarray]:
    """What else a gateway needs to make an observation, float32: SLAs, rate, lengths, and the engines' columns."""
    lengths, weights = params.traffic.lengths, params.reward
    inputs = np.asarray(lengths.input_quantiles)
    edges = np.interp(np.arange(1, BINS) / BINS, knot_probabilities(len(inputs)), inputs)
    named = {
        "ttft_sla": weights.ttft_sla,  # s
        "latency_sla": weights.latency_sla,  # s
        "mean_rate": params.arrivals.mean_rate,  # prompts/s
        "longest_prompt": lengths.longest,  # tokens
        "bin_edges": edges,  # tokens of the prompt, between the bins of `expected_output`
        "expected_output": lengths.expected_output,  # tokens, the mean answer in each bin
        **vars(params.engines),
    }
    return {name: np.asarray(value, np.float32) for name, value in named.items()}


def observe(state: State, params: Params) -> jax.Array:
    """What a router sees, (9 N + 5,) float32, every number in 0 .. 1: see docs/dynamics-v1.md."""
    each = innermost_if_mapped(jnp.stack(_features(state, params), axis=-1))
    return jnp.concatenate([each.reshape(-1), jnp.stack(_common(state, params))])


def _features(state: State, params: Params) -> list[jax.Array]:
    """The nine features of N models, each (N,) float32."""
    prompt, weights, rate = state.prompt, params.reward, params.arrivals.mean_rate
    hope = expected(state, params)
    need = prompt.input_tokens + prompt.expected_tokens
    accepts = jnp.minimum(
        state.request_bucket / (state.request_bucket + 1.0), state.token_bucket / (state.token_bucket + need)
    )
    requests, sustained = state.work.requests, jnp.asarray(params.engines.sustained)
    digits = jnp.float32(0.4342944819) * jnp.log(jnp.maximum(hope.cost, 1e-12))
    features = [
        hope.quality,
        (6.0 + digits) / 5.0,
        requests / (requests + params.engines.slots),
        hope.ttft / (hope.ttft + weights.ttft_sla),
        hope.latency / (hope.latency + weights.latency_sla),
        bucket_share(state, params),
        jnp.where(state.down > 0.0, 0.0, accepts),
        hope.cached,
        sustained / (sustained + rate),
    ]
    return [jnp.clip(feature, 0.0, 1.0) for feature in features]


def _common(state: State, params: Params) -> list[jax.Array]:
    """The five numbers of all, each () float32."""
    prompt = state.prompt
    longest = jnp.log1p(params.traffic.lengths.longest)
    return [
        jnp.clip(jnp.log1p(prompt.input_tokens) / longest, 0.0, 1.0),
        jnp.clip(jnp.log1p(prompt.expected_tokens) / longest, 0.0, 1.0),
        1.0 / (1.0 + state.mean_gap * params.arrivals.mean_rate),
        state.time_of_day,
        jnp.clip(state.budget_remaining / params.budget, 0.0, 1.0),
    ]
