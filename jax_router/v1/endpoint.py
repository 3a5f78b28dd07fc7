"""An endpoint that batches, in closed form: what a prompt meets there, and what it has worked off some time later.

One endpoint is five floats whatever its load, and every function here is elementwise: columns of N endpoints, or one
of them, or a batch. docs/dynamics-v1.md derives the formulas and says how far they are from an exact simulation.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.internal.arrays import constant
from jax_router.v1.fleet import ModelConfig
from jax_router.v1.lengths import LengthTables

MIN_AGING = 0.001
"""The smallest distance of the residual answer's coefficient from 1, which the formulas divide by."""
MEMORY = 100
"""Prompts over which `mean_prefill` and `mean_answer` are taken."""
EMPTY = 0.01
"""Prompts inside: below, there is no answer whose rest could be looked at."""


@struct.dataclass
class Engines:
    """What serves N models, with what follows of the traffic; each field (N,) float32 unless it says otherwise."""

    step_time: jax.Array  # s, one decoding iteration alone
    step_time_per_sequence: jax.Array  # s, more for every decoding sequence
    prefill_rate: jax.Array  # prompt tokens/s
    slots: jax.Array  # sequences at once, as far as prefill lets them be full
    full_step: jax.Array  # s, an iteration with every slot taken
    chunk_time: jax.Array  # s, the largest chunk of prefill
    usual_chunk_time: jax.Array  # s, a chunk of a mean prompt
    overhead: jax.Array  # s
    jitter: jax.Array  # standard deviation of the logarithm of the overhead
    mean_prefill: jax.Array  # s, of a mean prompt
    mean_answer: jax.Array  # tokens
    aging: jax.Array  # () float32, growth of an answer's mean rest with each token made: 0 if exponential
    sustained: jax.Array  # prompts/s that the model takes for ever, with its rate limits

    @classmethod
    def from_models(
        cls, models: tuple[ModelConfig, ...], lengths: LengthTables, request_limit: np.ndarray, token_limit: np.ndarray
    ) -> "Engines":
        """The engines of these models under prompts of such lengths; limits, (N,), are requests and tokens a minute."""
        mean_input, mean_output = float(lengths.mean_input), float(lengths.mean_output)

        def column(name: str) -> np.ndarray:
            return np.array([getattr(model, name) for model in models], np.float64)

        rate, chunk = column("prefill_rate"), column("chunk")
        # With short answers the prefill of the next prompts holds the batch below its slots.
        slots = np.maximum(1.0, np.minimum(column("slots"), chunk * mean_output / mean_input))
        full_step = column("step_time") + column("step_time_per_sequence") * slots
        aging = float(lengths.mean_square_output) / (2 * mean_output**2) - 1
        engine_limit = 1 / (mean_input / rate + mean_output * full_step / slots)
        sustained = np.minimum(engine_limit, request_limit / 60)
        return cls(
            step_time=constant(column("step_time")),
            step_time_per_sequence=constant(column("step_time_per_sequence")),
            prefill_rate=constant(rate),
            slots=constant(slots),
            full_step=constant(full_step),
            chunk_time=constant(chunk / rate),
            usual_chunk_time=constant(np.minimum(chunk, mean_input) / rate),
            overhead=constant(column("overhead")),
            jitter=constant(column("jitter")),
            mean_prefill=constant(mean_input / rate),
            mean_answer=constant(np.full(len(models), mean_output)),
            aging=constant(aging if abs(aging) > MIN_AGING else MIN_AGING),
            sustained=constant(np.minimum(sustained, token_limit / 60 / (mean_input + mean_output))),
        )


@struct.dataclass
class Work:
    """What is inside N endpoints, each field (N,) float32."""

    requests: jax.Array  # prompts that run or wait; a mean, so not whole
    tokens: jax.Array  # tokens of answers that they still have to make
    prefill: jax.Array  # s of prefill that they still need
    mean_prefill: jax.Array  # s, of the prompts that came lately
    mean_answer: jax.Array  # tokens, of the answers to the prompts that came lately

    @classmethod
    def none(cls, engines: Engines) -> "Work":
        """Of N empty endpoints."""
        nothing = jnp.zeros_like(engines.slots)
        mean_prefill, mean_answer = jnp.asarray(engines.mean_prefill), jnp.asarray(engines.mean_answer)
        return cls(nothing, nothing, nothing, mean_prefill, mean_answer)


@struct.dataclass
class Forecast:
    """What a prompt meets at an endpoint, without the overhead."""

    wait: jax.Array  # s until it has a slot
    ttft: jax.Array  # s until its first token
    per_token: jax.Array  # s for each token after that


def forecast(work: Work, own_prefill: jax.Array, engines: Engines) -> Forecast:
    """What a prompt that needs `own_prefill`, s, meets at an endpoint with this work."""
    inside, slots = work.requests, engines.slots
    decoding = jnp.minimum(inside, slots)
    step = engines.step_time + engines.step_time_per_sequence * decoding
    queues = inside > slots - 1.0
    freed = tokens_per_departure(work, engines) * engines.full_step / slots  # s from one free slot to the next
    until_prefill = jnp.maximum(0.0, inside - slots + 1.0) * freed + work.prefill
    # Without a queue, decoding goes on between the chunks of prefill ahead.
    ahead = jnp.where(queues, until_prefill, work.prefill * (1.0 + step / engines.usual_chunk_time))
    under_way = 0.5 * jnp.minimum(1.0, inside) * step  # half an iteration, on average
    own = own_prefill + step * jnp.maximum(1.0, own_prefill / engines.chunk_time)
    one_more = engines.step_time + engines.step_time_per_sequence * jnp.minimum(inside + 1.0, slots)
    return Forecast(
        wait=jnp.where(queues, until_prefill, 0.0),
        ttft=ahead + under_way + own,
        # In a steady flow each of the others is followed by a prompt, whose prefill stops all.
        per_token=one_more + decoding * work.mean_prefill / work.mean_answer,
    )


def tokens_per_departure(work: Work, engines: Engines) -> jax.Array:
    """Tokens that each slot makes between two departures from it."""
    decoding = jnp.minimum(work.requests, engines.slots)
    weighted = jnp.maximum(work.requests + engines.aging * decoding, 0.5 * EMPTY)
    return jnp.where(work.requests > EMPTY, work.tokens / weighted, work.mean_answer)


def joined(work: Work, here: jax.Array, own_prefill: jax.Array, output_tokens: jax.Array) -> Work:
    """The work after a prompt came; `here`, (N,) bool, is True at its endpoint, and nowhere if it was lost."""

    def towards(mean: jax.Array, new: jax.Array) -> jax.Array:
        return jnp.where(here, mean + (new - mean) * jnp.float32(1 / MEMORY), mean)

    return Work(
        requests=work.requests + here.astype(jnp.float32),
        tokens=work.tokens + jnp.where(here, output_tokens, 0.0),
        prefill=work.prefill + jnp.where(here, own_prefill, 0.0),
        mean_prefill=towards(work.mean_prefill, own_prefill),
        mean_answer=towards(work.mean_answer, output_tokens),
    )


def worked(work: Work, seconds: jax.Array, engines: Engines) -> Work:
    """The work after some time in which nobody came: first with a queue, then with a slot for everybody."""
    excess = jnp.maximum(0.0, work.requests - engines.slots)
    per_departure = tokens_per_departure(work, engines)
    queueing = excess * per_departure * engines.full_step / engines.slots + work.prefill
    # `queueing` is 0 only where nothing is inside, and then there is no excess.
    part = jnp.where(excess > 0.0, jnp.minimum(1.0, seconds / jnp.maximum(queueing, 1e-20)), 0.0)
    requests = work.requests - part * excess
    tokens = jnp.maximum(0.0, work.tokens - part * excess * per_departure)
    prefill = work.prefill * (1.0 - part)
    left = jnp.maximum(0.0, seconds - part * queueing)

    step = engines.step_time + engines.step_time_per_sequence * requests
    share = engines.usual_chunk_time / (engines.usual_chunk_time + step)  # of the time, while there is prefill
    prefilling = jnp.minimum(prefill, share * left)
    iterations = (left - prefilling) / step
    # The rest of an answer is generalised Pareto: its hazard falls, or rises, with the tokens made.
    aged = jnp.maximum(engines.aging * iterations * requests / jnp.maximum(tokens, 1e-6), -0.999)
    kept = jnp.exp(-jnp.log1p(aged) / engines.aging)
    return Work(
        requests=requests * kept / (1.0 + aged),
        tokens=tokens * kept,
        prefill=prefill - prefilling,
        mean_prefill=work.mean_prefill,
        mean_answer=work.mean_answer,
    )
