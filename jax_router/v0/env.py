"""The simulator: `reset` and `step`, and the deterministic pieces they are made of.

    key --draw_noise--> Noise --transition(state, action, noise, params)--> (State, Outcome) --reward--> reward
                                                                                State --observe--> observation

Everything here is about one environment; `jax.vmap` makes it thousands. Nothing resets by itself: `rollout.py` does.
"""

import jax
import jax.numpy as jnp
from flax import struct

from jax_router.v0.congestion import arrivals, latency_factor, next_queues
from jax_router.v0.noise import Noise, draw_noise
from jax_router.v0.params import Params, make_params
from jax_router.v0.quality import mean_quality
from jax_router.v0.reward import Outcome, reward
from jax_router.v0.traffic import Prompt, draw_from_quantiles, load_at

MIN_LATENCY = 0.01
"""No model answers faster than this with an empty queue, s."""
QUALITY_STD = 0.02
"""Standard deviation of an answer's quality around its mean."""
INITIAL_QUEUE_DEPTH = 0.2
"""Queues start between 0 and this, requests."""
DEFAULT = make_params()
"""The `default` scenario with the five preset models, as NumPy arrays."""


@struct.dataclass
class State:
    """One episode at the moment when a prompt waits to be routed, for a fleet of N models."""

    queue_depths: jax.Array  # (N,) float32, requests, 0 .. max_queue_depth
    time_of_day: jax.Array  # () float32, days, [0, 1)
    budget_remaining: jax.Array  # () float32, USD, >= 0
    prompt: Prompt  # three () float32, 0 .. 1
    step_count: jax.Array  # () int32, prompts routed this episode


def reset(key: jax.Array, params: Params = DEFAULT) -> tuple[jax.Array, State]:
    """Begin an episode.

    Args:
        key: a JAX random key.
        params: the routing problem; default: the `default` scenario.

    Returns:
        The observation, (N + 4,) float32, and the state.
    """
    state = initial_state(draw_noise(key, params.num_models), params)
    return observe(state, params), state


def step(
    state: State, action: jax.Array | int, key: jax.Array, params: Params = DEFAULT
) -> tuple[jax.Array, State, jax.Array, jax.Array, jax.Array, Outcome]:
    """Route the waiting prompt to one model, and draw the next prompt.

    Args:
        state: the state to act in.
        action: () integer, the index of a model; one out of range means the nearest model.
        key: a JAX random key, all the chance of this step.
        params: the routing problem; default: the `default` scenario.

    Returns:
        observation: (N + 4,) float32 in 0 .. 1, see `observe`.
        state: the next state.
        reward: () float32, see `jax_router.v0.reward.reward`.
        terminated: () bool, the budget is spent.
        truncated: () bool, the time limit is reached; both may be true at once.
        info: an `Outcome`.
    """
    noise = draw_noise(key, params.num_models)
    state, outcome = transition(state, action, noise, params)
    terminated, truncated = endings(state, params)
    return observe(state, params), state, reward(outcome, params.reward), terminated, truncated, outcome


def initial_state(noise: Noise, params: Params) -> State:
    """The first state of an episode: short queues, any time of day, the whole budget, a first prompt."""
    return State(
        queue_depths=jnp.minimum(INITIAL_QUEUE_DEPTH * noise.queues, params.congestion.max_queue_depth),
        time_of_day=noise.time_of_day,
        budget_remaining=jnp.asarray(params.budget),
        prompt=_next_prompt(noise, params),
        step_count=jnp.int32(0),
    )


def transition(state: State, action: jax.Array | int, noise: Noise, params: Params = DEFAULT) -> tuple[State, Outcome]:
    """One step without chance of its own: DYNAMICS.md, steps 1 to 3 and 5 to 8.

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


def nearest_model(action: jax.Array | int, num_models: int) -> jax.Array:
    """An action of any integer type and shape as int32 in 0 .. `num_models` - 1."""
    action = jnp.asarray(action)
    # A bound that the type cannot hold would wrap around, and it cannot be exceeded either.
    highest = min(num_models - 1, jnp.iinfo(action.dtype).max)
    return jnp.clip(action, 0, highest).astype(jnp.int32)


def endings(state: State, params: Params = DEFAULT) -> tuple[jax.Array, jax.Array]:
    """Whether the episode ends in this state: `terminated` (budget spent) and `truncated` (time limit), () bool."""
    return state.budget_remaining <= 0.0, state.step_count >= params.episode_length


def observe(state: State, params: Params = DEFAULT) -> jax.Array:
    """What a router sees, (N + 4,) float32, every number in 0 .. 1.

    Length and complexity of the waiting prompt, the N queues over `max_queue_depth`, the time of day in days, and the
    share of the budget that is left.
    """
    queues = jnp.clip(state.queue_depths / params.congestion.max_queue_depth, 0.0, 1.0)
    budget = jnp.clip(state.budget_remaining / params.budget, 0.0, 1.0)
    first = jnp.stack([state.prompt.length, state.prompt.complexity])
    last = jnp.stack([state.time_of_day, budget])
    return jnp.concatenate([first, queues, last])


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
