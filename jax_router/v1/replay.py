"""A log's own requests, one after the other, through the simulator: as they were routed, or as a policy routes them."""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.arrays import constant
from jax_router.internal.tables import knot_probabilities
from jax_router.logs.log import Log
from jax_router.policy import AnyPolicy, with_memory
from jax_router.simulator import without_budget
from jax_router.v1.env import initial_state, transition
from jax_router.v1.lengths import BINS, LengthTables
from jax_router.v1.noise import Noise, draw_noise
from jax_router.v1.observation import observe
from jax_router.v1.params import Params
from jax_router.v1.problem import Problem
from jax_router.v1.reward import Outcome, reward
from jax_router.v1.scenarios import make_params
from jax_router.v1.traffic import Traffic

DAY = 86_400.0


@dataclass(frozen=True)
class Replay:
    """R requests of a log as a problem with its own gaps and tokens, and the luck of every step."""

    params: Params
    first: Noise  # fields (), of the first prompt
    noise: Noise  # fields (R,)
    time_of_day: float  # days, of the first request
    actions: np.ndarray  # (R,) int32, the models that the log chose
    log: Log
    """The same requests, with the models of the problem."""


@dataclass(frozen=True)
class Played:
    """What became of R requests."""

    actions: np.ndarray  # (R,) int32, the models that were chosen
    outcome: Outcome  # fields (R,)
    reward: np.ndarray  # (R,) float32


def make_replay(problem: Problem, log: Log, seed: int = 0) -> Replay:
    """Prepare a log for replay; requests to models that are not the problem's are left out.

    Every policy that plays it meets the same luck. Raises `ValueError` where the log does not say how long answers are,
    or has fewer than 2 requests to these models.
    """
    log = _with_models_of(problem, log)
    inputs, outputs = log.prompt_tokens, np.maximum(log.completion_tokens, 1)
    if len(log) < 2 or not np.isfinite(outputs).all():
        raise ValueError(f"a replay needs requests with completion_tokens to {', '.join(problem.model_names)}")
    lengths = problem.traffic.lengths
    gaps = np.diff(log.seconds)
    rows = np.stack([inputs, expected_answers(inputs, lengths), outputs, np.append(gaps, gaps.mean())], axis=-1)
    traffic = Traffic(lengths, problem.traffic.load, constant(rows), (("rate", 1.0),))
    params = without_budget(make_params(problem=problem, traffic=traffic))
    # What a policy takes for usual is what it was trained with, and not the pace of these requests.
    usual = constant(make_params(problem=problem).arrivals.mean_rate)
    params = replace(params, arrivals=replace(params.arrivals, unit_rate=usual))
    first, noise = _luck(problem, log, params, seed)
    return Replay(params, first, noise, float(log.seconds[0] / DAY % 1.0), log.model.astype(np.int32), log)


def expected_answers(prompt_tokens: np.ndarray, lengths: LengthTables) -> np.ndarray:
    """The mean answer to prompts as long as these, (R,) float64, tokens, by the tables of a problem."""
    quantiles = np.asarray(lengths.input_quantiles, np.float64)
    edges = np.interp(np.arange(1, BINS) / BINS, knot_probabilities(len(quantiles)), quantiles)
    return np.asarray(lengths.expected_output, np.float64)[np.searchsorted(edges, prompt_tokens, side="right")]


def as_routed(replay: Replay) -> Played:
    """What the simulator makes of the log's own choices."""
    outcome, earned = _forced(replay.params, replay.first, replay.noise, replay.time_of_day, replay.actions)
    return Played(replay.actions, *jax.tree.map(np.asarray, (outcome, earned)))


def play(replay: Replay, policy: AnyPolicy, seed: int = 0) -> Played:
    """What the simulator makes of a policy's choices; `seed` is of the policy's own chance."""
    remembering = with_memory(policy)
    key = jax.random.key(seed)

    @jax.jit
    def run(params: Params, first: Noise, noise: Noise) -> Any:
        begun = _begun(params, first, replay.time_of_day)

        def step(carry: Any, inputs: Any) -> Any:
            memory, state = carry
            t, luck = inputs
            one = jax.tree.map(lambda leaf: leaf[None], state)
            memory, action = remembering.act(memory, jax.random.fold_in(key, t), observe(state, params)[None], one)
            later, outcome = transition(state, action[0], luck, params)
            return (memory, later), (action[0].astype(jnp.int32), outcome, reward(outcome, params.reward))

        memory = remembering.initial(jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], begun))
        places = jnp.arange(len(replay.actions), dtype=jnp.int32)
        return jax.lax.scan(step, (memory, begun), (places, noise))[1]

    return Played(*jax.tree.map(np.asarray, run(replay.params, replay.first, replay.noise)))


@jax.jit
def _forced(params: Params, first: Noise, noise: Noise, time_of_day: jax.Array, actions: jax.Array) -> Any:
    def step(state: Any, inputs: Any) -> Any:
        action, luck = inputs
        later, outcome = transition(state, action, luck, params)
        return later, (outcome, reward(outcome, params.reward))

    return jax.lax.scan(step, _begun(params, first, time_of_day), (actions, noise))[1]


def _begun(params: Params, first: Noise, time_of_day: jax.Array | float) -> Any:
    """At the first request, with full buckets, at its own time of day."""
    return replace(initial_state(first, params), time_of_day=jnp.float32(time_of_day))


def _luck(problem: Problem, log: Log, params: Params, seed: int) -> tuple[Noise, Noise]:
    """The draws of the first prompt and of every step, but for the categories, which are the log's own."""
    noise = draw_noise(jax.random.key(seed), params.num_models, (len(log) + 1,))
    category = np.asarray(noise.category)
    if problem.quality is not None:
        upper = np.asarray(params.quality.cumulative, np.float64)
        middle = (upper + np.concatenate([[0.0], upper[:-1]])) / 2
        rest = len(problem.categories) - 1 if "other" in problem.categories[-1:] else None
        places = [_place(name, problem.categories, rest) for name in log.categories]
        own = np.array([np.nan if place is None else middle[place] for place in places])[log.category]
        own = np.append(own, category[-1])  # the prompt after the last one, which nobody routes
        category = np.where(np.isfinite(own), own, category).astype(np.float32)
    noise = replace(noise, category=jnp.asarray(category))
    first, later = jax.tree.map(lambda leaf: leaf[0], noise), jax.tree.map(lambda leaf: leaf[1:], noise)
    return replace(first, pause=jnp.float32(0), follow_up=jnp.float32(1)), later


def _place(name: str, categories: tuple[str, ...], rest: int | None) -> int | None:
    """Where a category of the log is among those of the problem; None: any of them."""
    return categories.index(name or "other") if (name or "other") in categories else rest


def _with_models_of(problem: Problem, log: Log) -> Log:
    names = problem.model_names
    place = np.array([names.index(name) if name in names else -1 for name in log.models])
    kept = log.rows(place[log.model] >= 0)
    return replace(kept, model=place[kept.model].astype(np.int32), models=names)
