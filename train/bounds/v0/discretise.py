"""LLMRouter-v0's problem on nodes, for the relaxation: lifted, so that the bound holds, or plain, to search prices."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from scipy.stats import norm

from jax_router.internal.tables import draw_from_quantiles, load_at
from jax_router.v0.env import INITIAL_QUEUE_DEPTH, MIN_LATENCY
from jax_router.v0.params import Params
from train.bounds.grids import call_values, node_weights, raised, weights_from_calls
from train.bounds.problem import RelaxedProblem
from train.bounds.queueing import drain, join
from train.bounds.v0.rewards import answer_reward, wait_reward

NUM_DRAWS = 2**16
"""The simulator draws lengths and complexities with 16 random bits: these are all that it can draw."""
LARGEST_DEVIATION = 6.0
"""Standard deviations of the required quality that are told apart."""


@dataclass(frozen=True)
class Resolution:
    """How many nodes stand for each quantity."""

    depths: int
    """Of a queue, evenly from 0 to the deepest."""
    complexities: int
    """Of a prompt, equally likely between two."""
    sizes: int
    """In which a prompt can join a queue."""
    required: int = 1
    """Of the required quality; one where missing it costs nothing."""


def discretise(params: Params, starts: np.ndarray, resolution: Resolution, lifted: bool) -> RelaxedProblem:
    """The problem of episodes that start at given times of day, (M,), in days.

    Where it is `lifted`, its relaxed value lies over that of the simulator's own problem at any prices.
    """
    depths = np.linspace(0, float(params.congestion.max_queue_depth), resolution.depths)
    kinds = _Kinds.of(params, resolution)
    models = range(params.num_models)
    loads = loads_of(params, starts)
    sizes, size_weights = _sizes(params, loads, resolution.sizes)

    def waits(points: np.ndarray) -> np.ndarray:
        return np.stack([wait_reward(params, model, points) for model in models])

    low, high = float(params.congestion.drain_low), float(params.congestion.drain_high)
    return RelaxedProblem(
        num_steps=int(params.episode_length),
        budget=float(params.budget),
        costs=np.asarray(params.fleet.cost_per_call, np.float64),
        answer=np.stack([kinds.values(params, model, lifted) for model in models]),
        wait=raised(waits, depths, _wait_kinks(params)) if lifted else waits(depths),
        kind_weights=kinds.weights,
        kind_nodes=(kinds.complexities, kinds.deviations),
        sizes=sizes,
        size_weights=size_weights,
        first_depths=_first_depths(depths),
        drain=drain(depths, low, high, lifted),
        join=join(depths, sizes, lifted),
    )


@dataclass(frozen=True)
class _Kinds:
    """Prompts by complexity and, where missing it costs something, by the deviation of the required quality."""

    complexities: np.ndarray
    deviations: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, params: Params, resolution: Resolution) -> "_Kinds":
        atoms = complexity_draws(params)
        matters = float(params.reward.quality_miss_penalty) > 0
        complexities = _complexity_nodes(params, atoms, resolution.complexities, matters)
        deviations = _deviation_nodes(max(resolution.required, 2)) if matters else np.zeros(1)
        normal = norm.ppf((np.arange(NUM_DRAWS) + 0.5) / NUM_DRAWS)
        by_deviation = node_weights(normal, deviations)
        weights = node_weights(atoms, complexities)[:, None] * by_deviation
        return cls(complexities, deviations, weights.ravel())

    def values(self, params: Params, model: int, lifted: bool) -> np.ndarray:
        """The mean reward of a model's answer to each kind, (C,)."""

        def reward(complexity: np.ndarray, deviation: np.ndarray) -> np.ndarray:
            required = np.clip(0.5 + 0.4 * complexity + 0.05 * deviation, 0.0, 1.0)
            return answer_reward(params, model, complexity, required)

        def by_complexity(points: np.ndarray) -> np.ndarray:
            # (deviations, points): each row is raised over its own line ...
            return np.asarray(reward(points, self.deviations[:, None]))

        if not lifted:
            return by_complexity(self.complexities).T.ravel()
        values = raised(by_complexity, self.complexities, [_easiest(params)]).T
        if len(self.deviations) > 1:
            # ... and by what the lines between the rows lack anywhere.
            between = np.linspace(self.complexities[0], self.complexities[-1], 257)[:, None]
            lines = raised(lambda points: reward(between, points), self.deviations)
            values = values + (lines - reward(between, self.deviations)).max(0)
        return np.asarray(values.ravel())


def _complexity_nodes(params: Params, atoms: np.ndarray, count: int, required_matters: bool) -> np.ndarray:
    """Nodes, of which all but one lie where models differ, unless the required quality differs elsewhere."""
    easiest = _easiest(params)
    hard = atoms[atoms > easiest]
    if required_matters or len(hard) in (0, len(atoms)):
        return _quantile_nodes(atoms, count)
    return np.unique([atoms.min(), easiest, *_quantile_nodes(hard, count - 1)[1:]])


def _deviation_nodes(count: int) -> np.ndarray:
    """Nodes that crowd in the middle, where deviations are likely."""
    even = np.linspace(-1, 1, count)
    return np.asarray(LARGEST_DEVIATION * np.sign(even) * np.abs(even) ** 1.5)


def _easiest(params: Params) -> float:
    """The complexity up to which all models are as good."""
    slope, floor = float(params.difficulty.gap_slope), float(params.difficulty.gap_floor)
    return -floor / slope if slope > 0 else 0.0


def _wait_kinks(params: Params) -> list[float]:
    """Depths at which a model without spread begins to be late, requests; others begin smoothly."""
    slowdown = float(params.congestion.slowdown)
    if slowdown == 0:
        return []
    answer_times = np.append(np.maximum(np.asarray(params.fleet.latency_mean, np.float64), MIN_LATENCY), MIN_LATENCY)
    factors = float(params.reward.sla_threshold) / answer_times
    return list((factors - 1.0) / slowdown * float(params.congestion.max_queue_depth))


def _sizes(params: Params, loads: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of the size in which a prompt joins, (S,) requests, and their weights at each step, (M, T, S)."""
    weight = float(params.congestion.length_weight)
    length = length_draws(params) / float(params.traffic.mean_length)
    atoms = float(params.congestion.arrival_mean) * (1.0 + weight * (length - 1.0))  # at mean load
    largest = atoms.max() * loads.max()
    if largest == 0:
        return np.array([0.0, 1.0]), np.stack([np.ones_like(loads), np.zeros_like(loads)], -1)
    day = np.multiply.outer(np.unique(loads.round(3)), atoms[::64]).ravel()
    nodes = np.unique([0.0, *_quantile_nodes(day, count)[1:-1], largest * (1 + 1e-9)])
    safe = np.where(loads > 0, loads, 1.0)[..., None]
    # A size is the load times its size at mean load: so are the calls on it.
    calls = np.where(loads[..., None] > 0, safe * call_values(atoms, nodes / safe), 0.0)
    return nodes, weights_from_calls(calls, nodes)


def loads_of(params: Params, starts: np.ndarray) -> np.ndarray:
    """The load at every step of the episodes, (M, T)."""
    steps = np.arange(int(params.episode_length))
    times = np.mod(starts[:, None] + steps / float(params.steps_per_day), 1.0)
    return np.asarray(load_at(jnp.asarray(times, jnp.float32), params.traffic.load), np.float64)


def _first_depths(depths: np.ndarray) -> np.ndarray:
    atoms = np.minimum(INITIAL_QUEUE_DEPTH * (np.arange(NUM_DRAWS) + 0.5) / NUM_DRAWS, depths[-1])
    return node_weights(atoms, depths)


def complexity_draws(params: Params) -> np.ndarray:
    """Every complexity that a prompt can have, (NUM_DRAWS,) float64, as likely each."""
    return _all_draws(params.traffic.complexity_quantiles)


def length_draws(params: Params) -> np.ndarray:
    """Every length that a prompt can have, (NUM_DRAWS,) float64, as likely each."""
    return _all_draws(params.traffic.length_quantiles)


def _all_draws(quantiles: object) -> np.ndarray:
    """Every value that the simulator can draw from a table of quantiles, (NUM_DRAWS,) float64, as likely each."""
    uniform = (jnp.arange(NUM_DRAWS, dtype=jnp.float32) + 0.5) * jnp.float32(1 / NUM_DRAWS)
    return np.asarray(draw_from_quantiles(uniform, jnp.asarray(quantiles, jnp.float32)), np.float64)


def _quantile_nodes(atoms: np.ndarray, count: int) -> np.ndarray:
    """Nodes from the least atom to the greatest: half of them even in the values, half in the probability."""
    even = np.linspace(atoms.min(), atoms.max(), count)
    likely = np.quantile(atoms, np.linspace(0, 1, count))
    return np.unique((even + likely) / 2)
