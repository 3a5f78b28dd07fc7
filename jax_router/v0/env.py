"""How an episode begins, moves on and ends, without chance of its own: docs/dynamics.md as code."""

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.internal.tables import draw_from_quantiles, load_at
from jax_router.simulator import nearest_model
from jax_router.v0.congestion import arrivals, latency_factor, next_queues
from jax_router.v0.noise import Noise
from jax_router.v0.params import Params
from jax_router.v0.quality import mean_quality
from jax_router.v0.reward import Outcome
from jax_router.v0.traffic import Prompt

MIN_LATENCY = 0.01
"""No model answers faster than this with an empty queue, s."""
QUALITY_STD = 0.02
"""Standard deviation of an answer's quality around its mean."""
INITIAL_QUEUE_DEPTH = 0.2
"""Queues start between 0 and this, requests."""


@struct.dataclass
class State:
    """One episode at the moment when a prompt waits to be routed, for a fleet of N models."""

    queue_depths: jax.Array  # (N,) float32, requests, 0 .. max_queue_depth
    time_of_day: jax.Array  # () float32, days, [0, 1)
    budget_remaining: jax.Array  # () float32, USD, >= 0
    prompt: Prompt  # three () float32, 0 .. 1
    step_count: jax.Array  # () int32, prompts routed this episode

    @property
    def time(self) -> jax.Array:
        """gymnax's name for `step_count`, () int32, prompts."""
        return self.step_count


def initial_state(noise: Noise, params: Params) -> State:
    """The first state of an episode: short queues, any time of day, the whole budget, a first prompt."""
    return State(
        queue_depths=jnp.minimum(INITIAL_QUEUE_DEPTH * noise.queues, params.congestion.max_queue_depth),
        time_of_day=noise.time_of_day,
        budget_remaining=jnp.asarray(params.budget),
        prompt=_next_prompt(noise, params),
        step_count=jnp.int32(0),
    )


def transition(state: State, action: jax.Array | int, noise: Noise, params: Params) -> tuple[State, Outcome]:
    """One step without chance of its own: docs/dynamics.md, steps 1 to 3 and 5 to 8.

    Args:
        state: the state to act in.
        action: () integer, the index of a model; one out of range means the nearest model.
        noise: the draws of this step, see `draw_noise`.
        params: the routing problem.

    Returns:
        The next state, and what became of the prompt.
    """
    action = nearest_model(action, params.num_models)
    outcome = _answer(state, action, noise, params)
    joined = arrivals(
        noise.arrivals,
        load_at(state.time_of_day, params.traffic.load),
        state.prompt.length / params.traffic.mean_length,
        params.congestion,
    )
    later = state.time_of_day + 1.0 / params.steps_per_day
    return State(
        queue_depths=next_queues(state.queue_depths, action, joined, noise.queues, params.congestion),
        time_of_day=jnp.where(later >= 1.0, later - 1.0, later),
        budget_remaining=jnp.maximum(0.0, state.budget_remaining - outcome.cost),
        prompt=_next_prompt(noise, params),
        step_count=state.step_count + 1,
    ), outcome


def endings(state: State, params: Params) -> tuple[jax.Array, jax.Array]:
    """Whether the episode ends in this state: `terminated` (budget spent) and `truncated` (time limit), () bool."""
    return state.budget_remaining <= 0.0, state.step_count >= params.episode_length


def _answer(state: State, action: jax.Array, noise: Noise, params: Params) -> Outcome:
    fleet = jax.tree.map(lambda column: jnp.asarray(column)[action], params.fleet)
    answer_time = jnp.maximum(MIN_LATENCY, fleet.latency_mean + fleet.latency_std * noise.latency)
    latency = answer_time * latency_factor(state.queue_depths[action], params.congestion)
    quality = mean_quality(fleet.quality_score, state.prompt.complexity, params.difficulty)
    return Outcome(
        cost=fleet.cost_per_call,
        latency=latency,
        quality=jnp.clip(quality + QUALITY_STD * noise.quality, 0.0, 1.0),
        quality_required=state.prompt.quality_required,
        sla_violated=latency > params.reward.sla_threshold,
    )


def _next_prompt(noise: Noise, params: Params) -> Prompt:
    complexity = draw_from_quantiles(noise.complexity, params.traffic.complexity_quantiles)
    return Prompt(
        length=draw_from_quantiles(noise.length, params.traffic.length_quantiles),
        complexity=complexity,
        quality_required=jnp.clip(0.5 + 0.4 * complexity + 0.05 * noise.quality_required, 0.0, 1.0),
    )
