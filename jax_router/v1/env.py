"""How an episode begins, moves on and ends, without chance of its own: docs/dynamics-v1.md as code."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.internal.once import computed_once
from jax_router.simulator import nearest_model
from jax_router.v1.arrivals import draw_gap, next_burst
from jax_router.v1.endpoint import Engines, Work, forecast, joined, worked
from jax_router.v1.fleet import UNLIMITED, Fleet
from jax_router.v1.lengths import draw_pair
from jax_router.v1.noise import Noise
from jax_router.v1.params import Params
from jax_router.v1.quality import draw_probits, true_quality
from jax_router.v1.reward import ACCEPTED, OUTAGE, REQUEST_LIMIT, TOKEN_LIMIT, Outcome
from jax_router.v1.traffic import DAYS, Prompt

CACHED = 0.8
"""Share of a follow-up's prompt that is in the cache of its session's home."""
GAP_MEMORY = 32
"""Gaps over which `mean_gap` is taken."""


@struct.dataclass
class State:
    """One episode at the moment when a prompt waits to be routed, for a fleet of N models."""

    work: Work  # five (N,) float32, what is inside the endpoints
    request_bucket: jax.Array  # (N,) float32, requests, 0 .. request_limit
    token_bucket: jax.Array  # (N,) float32, tokens, 0 .. token_limit
    down: jax.Array  # (N,) float32, s until the outage ends, 0 where up
    warm: jax.Array  # (N,) float32, running sum of the shares of the live sessions with their cache there; the last: 1
    prompt: Prompt
    burst: jax.Array  # () float32, state of the Cox process, Normal(0, 1) in the long run
    mean_gap: jax.Array  # () float32, s between arrivals as the router saw them
    time_of_day: jax.Array  # () float32, days, [0, 1)
    budget_remaining: jax.Array  # () float32, USD, >= 0
    step_count: jax.Array  # () int32, prompts routed this episode
    position: jax.Array  # () int32, row of the trace; 0 without one
    day: jax.Array | None = None  # () int32, day of the week, 0 is Monday; None where the days are alike

    @property
    def time(self) -> jax.Array:
        """gymnax's name for `step_count`, () int32, prompts."""
        return self.step_count


@struct.dataclass
class Placement:
    """Where a prompt ends up, with what is known of that endpoint alone: each field is its own, ()."""

    model: jax.Array  # int32, its index
    refusal: jax.Array  # int32, why the model that was asked first refused
    accepted: jax.Array  # bool, whether this one takes the prompt
    prompt: Prompt  # `z` of this model
    engine: Engines
    work: Work
    fleet: Fleet
    hidden: jax.Array  # float32, of `Quality`


def initial_state(noise: Noise, params: Params) -> State:
    """The first state of an episode: nothing inside, buckets equally full, any time of day, a first prompt."""
    fleet, num_models = params.fleet, params.num_models
    position = jnp.int32(0)
    if params.traffic.rows is not None:
        num_rows = params.traffic.rows.shape[0]
        position = jnp.minimum((noise.pause * num_rows).astype(jnp.int32), num_rows - 1)
    nothing = jnp.zeros(num_models, jnp.float32)
    # With a week, the uniform is any time of it, and what is left over is uniform again: the time of day.
    place = noise.pause if params.traffic.week is None else noise.pause * DAYS
    day = None if params.traffic.week is None else jnp.minimum(place.astype(jnp.int32), DAYS - 1)
    return State(
        work=Work.none(params.engines),
        request_bucket=_filled(fleet.request_limit, noise.follow_up),
        token_bucket=_filled(fleet.token_limit, noise.follow_up),
        down=nothing,
        warm=jnp.arange(1, num_models + 1, dtype=jnp.float32) / num_models,
        prompt=_next_prompt(noise, position, jnp.int32(num_models), params),
        burst=noise.burst,
        mean_gap=1.0 / params.arrivals.mean_rate,
        time_of_day=place if day is None else jnp.minimum(place - day.astype(jnp.float32), jnp.float32(1 - 2**-24)),
        budget_remaining=jnp.asarray(params.budget),
        step_count=jnp.int32(0),
        position=position,
        day=day,
    )


def transition(state: State, action: jax.Array | int, noise: Noise, params: Params) -> tuple[State, Outcome]:
    """One step without chance of its own: docs/dynamics-v1.md, steps 1 to 3 and 5 to 11.

    Args:
        state: the state to act in.
        action: () integer, the index of a model; one out of range means the nearest model.
        noise: the draws of this step, see `draw_noise`.
        params: the routing problem.

    Returns:
        The next state, and what became of the prompt.
    """
    action = nearest_model(action, params.num_models)
    outcome, here, accepted = _answer(state, action, noise, params)
    prompt, fleet, arrivals = state.prompt, params.fleet, params.arrivals
    inside = here & ~outcome.lost
    uncached = prompt.input_tokens * (1.0 - cached_share(prompt, params.num_models))
    work = joined(state.work, inside, uncached / params.engines.prefill_rate, prompt.output_tokens)
    # The session's share is 1 at the model that answers, so its running sum is 1 from there on.
    up_to = (jnp.arange(params.num_models, dtype=jnp.int32) >= outcome.served_by).astype(jnp.float32)
    served = jnp.where(outcome.lost, 0.0, 1.0 / params.sessions)
    warm = state.warm + (up_to - state.warm) * served

    seconds, position = _next_gap(state, noise, params)
    charged = (here & accepted).astype(jnp.float32)
    tokens = prompt.input_tokens + prompt.output_tokens
    requests_left = state.request_bucket - charged
    tokens_left = state.token_bucket - charged * tokens
    days = seconds / arrivals.day_seconds
    later = state.time_of_day + days
    return State(
        work=worked(work, seconds, params.engines),
        request_bucket=jnp.minimum(requests_left + fleet.request_limit * (seconds / 60.0), fleet.request_limit),
        token_bucket=jnp.minimum(tokens_left + fleet.token_limit * (seconds / 60.0), fleet.token_limit),
        down=_outages(state.down, seconds, noise.outage, fleet),
        warm=warm,
        prompt=_next_prompt(noise, position, _home(noise, warm, params), params),
        burst=next_burst(state.burst, noise.burst, seconds, arrivals),
        mean_gap=state.mean_gap + (seconds - state.mean_gap) * jnp.float32(1 / GAP_MEMORY),
        time_of_day=jnp.minimum(later - jnp.floor(later), jnp.float32(1 - 2**-24)),
        budget_remaining=jnp.maximum(0.0, state.budget_remaining - outcome.cost),
        step_count=state.step_count + 1,
        position=position,
        day=None if state.day is None else (state.day + jnp.floor(later).astype(jnp.int32)) % DAYS,
    ), outcome


def endings(state: State, params: Params) -> tuple[jax.Array, jax.Array]:
    """Whether the episode ends in this state: `terminated` (budget spent) and `truncated` (time limit), () bool."""
    return state.budget_remaining <= 0.0, state.step_count >= params.episode_length


def cached_share(prompt: Prompt, num_models: int) -> jax.Array:
    """The share of the waiting prompt that is in each model's cache, (..., N) float32."""
    models = jnp.arange(num_models, dtype=jnp.int32)
    home, cached = jnp.expand_dims(prompt.home, -1), jnp.expand_dims(prompt.cached, -1)
    return jnp.where(home == jnp.broadcast_to(models, (*home.shape[:-1], num_models)), cached, 0.0)


def _filled(limit: jax.Array, share: jax.Array) -> jax.Array:
    """Buckets of these sizes, (N,) float32, filled to a share; what is without a limit is always full."""
    return jnp.where(jnp.asarray(limit) < UNLIMITED, share, 1.0) * limit


def _answer(state: State, action: jax.Array, noise: Noise, params: Params) -> tuple[Outcome, jax.Array, jax.Array]:
    """What becomes of the prompt; where it ends up, (N,) bool; and whether that endpoint accepts it, () bool."""
    prompt, num_models = state.prompt, params.num_models
    refusals = _refusals(state, prompt.input_tokens + prompt.output_tokens)
    refusal = refusals[action]
    model = _place(refusal, action, jnp.asarray(params.fleet.fallback)[action])
    accepted = refusals[model] == ACCEPTED

    def take(column: jax.Array) -> jax.Array:
        return column if jnp.ndim(column) == 0 else jnp.asarray(column)[model]

    # The columns of one endpoint before anything is computed with them: all that follows is then scalar.
    columns = (params.engines, state.work, params.fleet, prompt.z, params.quality.hidden)
    engine, work, fleet, z, hidden = jax.tree.map(take, columns)
    here = Placement(model, refusal, accepted, replace(prompt, z=z), engine, work, fleet, hidden)
    outcome = _outcome(here, noise.jitter, noise.good, params)
    return outcome, jnp.arange(num_models, dtype=jnp.int32) == model, accepted


@computed_once
def _place(refusal: jax.Array, action: jax.Array, fallback: jax.Array) -> jax.Array:
    """The endpoint that a prompt ends up at, () int32."""
    return jnp.where(refusal == ACCEPTED, action, fallback)


@computed_once
def _outcome(here: Placement, jitter: jax.Array, good: jax.Array, params: Params) -> Outcome:
    """What becomes of a prompt where it ends up; `jitter` and `good` are draws of `Noise`."""
    prompt, engine = here.prompt, here.engine
    cached = jnp.where(prompt.home == here.model, prompt.cached, 0.0)
    met = forecast(here.work, prompt.input_tokens * (1.0 - cached) / engine.prefill_rate, engine)
    refused = here.refusal != ACCEPTED
    gave_up = here.accepted & (met.wait > params.patience)
    lost = gave_up | ~here.accepted
    delay = jnp.where(refused, params.retry_delay, 0.0)
    until_lost = jnp.where(gave_up, params.patience, 0.0)
    ttft = met.ttft + engine.overhead * jnp.exp(engine.jitter * jitter)
    latency = ttft + (prompt.output_tokens - 1.0) * met.per_token
    ttft = jnp.where(lost, until_lost, ttft) + delay
    latency = jnp.where(lost, until_lost, latency) + delay
    quality = jnp.where(lost, 0.0, true_quality(prompt.z, prompt.ease, here.hidden))
    late = (ttft > params.reward.ttft_sla) | (latency > params.reward.latency_sla)
    return Outcome(
        cost=jnp.where(lost, 0.0, price(here.fleet, prompt.input_tokens, cached, prompt.output_tokens)),
        ttft=ttft,
        latency=latency,
        quality=quality,
        quality_required=good,
        good=good < quality,
        sla_violated=lost | late,
        refused=refused,
        refusal=here.refusal,
        lost=lost,
        served_by=jnp.where(lost, params.num_models, here.model),
    )


def _refusals(state: State, tokens: jax.Array) -> jax.Array:
    """Why each endpoint would refuse a prompt that comes to so many tokens with its answer, (N,) int32."""
    of_tokens = jnp.where(state.token_bucket < tokens, TOKEN_LIMIT, ACCEPTED)
    of_requests = jnp.where(state.request_bucket < 1.0, REQUEST_LIMIT, of_tokens)
    return jnp.where(state.down > 0.0, OUTAGE, of_requests).astype(jnp.int32)


def price(fleet: Fleet, input_tokens: jax.Array, cached: jax.Array, output_tokens: jax.Array) -> jax.Array:
    """What an answer costs, USD, shapes that broadcast, float32; `cached` is a share of the prompt."""
    paid = input_tokens * (1.0 - cached * (1.0 - fleet.cached_price))
    return (fleet.price_in * paid + fleet.price_out * output_tokens) * np.float32(1e-6)


def _next_gap(state: State, noise: Noise, params: Params) -> tuple[jax.Array, jax.Array]:
    """The time to the next prompt, () float32, s, and its row in the trace, () int32."""
    rows = params.traffic.rows
    if rows is None:
        load = params.traffic.load
        if state.day is not None:
            load = load * jnp.asarray(params.traffic.week)[state.day]
        gap = draw_gap(noise.gap, noise.pause, state.burst, state.time_of_day, load, params.arrivals)
        return gap, state.position
    gap = jnp.asarray(rows)[state.position, 3] / params.arrivals.rate
    following = state.position + 1
    return gap, jnp.where(following >= rows.shape[0], 0, following)


def _outages(down: jax.Array, seconds: jax.Array, uniform: jax.Array, fleet: Fleet) -> jax.Array:
    """How long each endpoint will be down, (N,) float32, s, where at most one has failed in the time that passed."""
    sums = jnp.cumsum(jnp.asarray(fleet.failure_rate))
    rate = sums[-1]
    chance = -jnp.expm1(-seconds * rate)
    # Given that it is below the chance, the uniform is uniform again: it makes the choice, and in that the length.
    place = uniform / jnp.maximum(chance, 1e-20) * rate
    models = jnp.arange(sums.shape[0], dtype=jnp.int32)
    failing = (place >= sums[:-1]).sum(dtype=jnp.int32)
    own_rate = jnp.maximum(jnp.asarray(fleet.failure_rate)[failing], 1e-20)
    within = jnp.clip((sums[failing] - place) / own_rate, 1e-6, 1.0)
    length = jnp.where(uniform < chance, -jnp.asarray(fleet.mttr)[failing] * jnp.log(within), 0.0)
    still = jnp.maximum(0.0, down - seconds)
    return jnp.where(models == failing, jnp.maximum(still, length), still)


def _home(noise: Noise, warm: jax.Array, params: Params) -> jax.Array:
    """The home of the next prompt, () int32: one of the live sessions', or N for a new session."""
    home = (noise.home >= warm[:-1]).sum(dtype=jnp.int32)
    return jnp.where(noise.follow_up < params.follow_up, home, params.num_models)


def _next_prompt(noise: Noise, position: jax.Array, home: jax.Array, params: Params) -> Prompt:
    if params.traffic.rows is None:
        input_tokens, expected, output_tokens = draw_pair(noise.input, noise.output, params.traffic.lengths)
    else:
        row = jnp.asarray(params.traffic.rows)[position]
        input_tokens, expected, output_tokens = row[0], row[1], row[2]
    return Prompt(
        input_tokens=input_tokens,
        expected_tokens=expected,
        output_tokens=output_tokens,
        cached=jnp.where(home < params.num_models, jnp.float32(CACHED), 0.0),
        z=draw_probits(noise.category, noise.common, noise.own, params.quality),
        ease=noise.ease,
        home=home,
    )
