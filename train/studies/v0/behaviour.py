"""The behaviour of a trained agent: its choice for every prompt and queue, and one of its episodes."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import Params, run_steps
from jax_router.internal.tables import load_at
from jax_router.simulator import reset_batch
from jax_router.v0 import observation as layout
from train.agents.strategies import greedy

if TYPE_CHECKING:
    from train.algorithm.ppo import PPO, TrainState

NUM_COMPLEXITIES, NUM_DEPTHS = 321, 241
"""The number of points of a choice map along its two axes."""
MEDIAN_EPISODES = 32
"""The number of episodes that medians of the agent's observations are taken over."""
NEAREST = 20
"""The prompts around an hour are the nearest ones to it, one in this many of those episodes."""
HOURS_BEFORE_PEAK = 4
"""The hours from the start of a day to its peak load; a day thus holds the peak and, by default, the quietest hour."""


@dataclass(frozen=True)
class ChoiceMap:
    """Which model an agent picks by the prompt's complexity and by the queue of one model, at two times of the day.

    The model is the better one of the two that the agent uses most. Everything else that the agent sees is held at its
    median over the agent's own prompts around that time.
    """

    complexity: np.ndarray
    """(X,) float32, 0 .. 1."""
    queue: np.ndarray
    """(Y,) float32, requests that wait for `better`, from 0 to the most in those episodes."""
    better: int
    """The model whose queue is varied: the better one of the two."""
    cheaper: int
    """The other model of the two."""
    hours: tuple[float, float]
    """The times at which the load is lowest and highest, h after midnight."""
    choices: np.ndarray
    """(2, Y, X) int32, the model that is picked at each of `hours`."""
    usual: np.ndarray
    """The range that nine in ten of the agent's own prompts met around each of `hours`, (2, 2, 2) float32.

    The axes are the hour, then complexity and queue, then the least and the most.
    """


@dataclass(frozen=True)
class Day:
    """One episode of T prompts."""

    hour: np.ndarray
    """(T,) float64, h since the midnight before the first prompt."""
    action: np.ndarray
    """(T,) int32."""
    queues: np.ndarray
    """(T, N) float32, requests that waited when the prompt came."""
    cost: np.ndarray
    """(T,) float32, USD."""
    latency: np.ndarray
    """(T,) float32, s."""
    late: np.ndarray
    """(T,) bool, over the SLA."""
    quality: np.ndarray
    """(T,) float32, 0 .. 1."""
    quiet_and_busy: tuple[float, float]
    """The times after the first prompt at which the load is lowest and highest, in the hours of `hour`."""


def map_choices(ppo: "PPO", agent: "TrainState", params: Params, key: jax.Array) -> ChoiceMap:
    """Compute an agent's choice at every point of the map.

    Args:
        ppo: the algorithm that trained it.
        agent: one train state.
        params: the routing problem.
        key: a JAX random key, for the episodes that the medians are taken from.
    """
    observation, action = _own_episodes(ppo, agent, params, key)
    most_used = np.argsort(-np.bincount(action, minlength=params.num_models))[:2]
    by_quality = sorted(most_used.tolist(), key=lambda i: float(params.fleet.quality_score[i]))
    cheaper, better = by_quality[0], by_quality[-1]
    queue = layout.queue(better)
    complexity = np.linspace(0, 1, NUM_COMPLEXITIES, dtype=np.float32)
    share = np.linspace(0, observation[:, queue].max(), NUM_DEPTHS, dtype=np.float32)
    hours = quiet_and_busy_hour(params)

    asked = np.empty((2, NUM_DEPTHS, NUM_COMPLEXITIES, observation.shape[1]), np.float32)
    usual = np.empty((2, 2, 2), np.float32)
    for i, hour in enumerate(hours):
        own = _around(observation, layout.time_of_day(params.num_models), hour)
        usual[i] = np.percentile(own[:, [layout.COMPLEXITY, queue]], [5, 95], axis=0).T
        grid = asked[i]
        grid[:] = np.median(own, axis=0)
        grid[..., layout.COMPLEXITY] = complexity
        grid[..., queue] = share[:, None]
        grid[..., layout.time_of_day(params.num_models)] = hour / 24
    choices = ppo.greedy_action(agent.network, agent.observation_stats, jnp.asarray(asked))
    deepest = np.float32(params.congestion.max_queue_depth)
    usual[:, 1] *= deepest
    return ChoiceMap(complexity, share * deepest, better, cheaper, hours, np.asarray(choices), usual)


def live_a_day(ppo: "PPO", agent: "TrainState", params: Params, key: jax.Array) -> Day:
    """Run one episode of an agent, which begins `HOURS_BEFORE_PEAK`; it takes the arguments of `map_choices`."""
    key_start, key_steps = jax.random.split(key)
    quiet, busy = quiet_and_busy_hour(params)
    start = (busy - HOURS_BEFORE_PEAK) % 24
    state = replace(reset_batch(key_start, 1, params), time_of_day=jnp.full(1, start / 24, jnp.float32))
    _, steps = run_steps(key_steps, greedy(ppo, agent), 1, int(params.episode_length), params, state)
    steps = jax.tree.map(lambda rows: np.asarray(rows)[:, 0], steps)
    done = np.flatnonzero(steps.terminated | steps.truncated)
    steps = jax.tree.map(lambda rows: rows[: done[0] + 1], steps)
    num_prompts = len(steps.action)
    return Day(
        hour=start + 24 * np.arange(num_prompts) / float(params.steps_per_day),
        action=steps.action,
        queues=steps.observation[:, layout.queues(params.num_models)] * np.float32(params.congestion.max_queue_depth),
        cost=steps.outcome.cost,
        latency=steps.outcome.latency,
        late=steps.outcome.sla_violated,
        quality=steps.outcome.quality,
        quiet_and_busy=(start + (quiet - start) % 24, start + HOURS_BEFORE_PEAK),
    )


def quiet_and_busy_hour(params: Params) -> tuple[float, float]:
    """Return the times at which the load is lowest and highest, h after midnight, to the quarter of an hour."""
    times = np.arange(96, dtype=np.float32) / 96
    load = np.asarray(load_at(jnp.asarray(times), params.traffic.load))
    return 24 * float(times[load.argmin()]), 24 * float(times[load.argmax()])


def _own_episodes(ppo: "PPO", agent: "TrainState", params: Params, key: jax.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return observations, (P, D) float32, and actions, (P,) int32, of an agent's P prompts in `MEDIAN_EPISODES`."""

    @jax.jit
    def run(key: jax.Array, params: Params) -> tuple[jax.Array, jax.Array]:
        _, steps = run_steps(key, greedy(ppo, agent), MEDIAN_EPISODES, num_steps, params)
        return steps.observation, steps.action

    num_steps = int(params.episode_length)
    observation, action = (np.asarray(values) for values in run(key, params))
    return observation.reshape(-1, observation.shape[-1]), action.ravel()


def _around(observation: np.ndarray, time_of_day: int, hour: float) -> np.ndarray:
    """Return the rows, one in `NEAREST`, whose time of day, in the column `time_of_day`, is nearest to an hour."""
    apart = np.abs(observation[:, time_of_day] - hour / 24)
    apart = np.minimum(apart, 1 - apart)
    return observation[np.argsort(apart, kind="stable")[: -(-len(apart) // NEAREST)]]
