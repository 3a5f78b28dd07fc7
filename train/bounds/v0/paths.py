"""Sampled luck of LLMRouter-v0: who arrives, how queues grow and how they drain."""

import numpy as np

from jax_router.v0.env import INITIAL_QUEUE_DEPTH
from jax_router.v0.params import Params
from train.bounds.grids import interpolation
from train.bounds.paths import Paths
from train.bounds.problem import RelaxedProblem
from train.bounds.v0.discretise import complexity_draws, length_draws, loads_of


def draw_paths(
    rng: np.random.Generator, params: Params, starts: np.ndarray, problem: RelaxedProblem, count: int
) -> Paths:
    """Draw the luck of `count` episodes for each start, (M,) days, on the nodes of a problem of the same starts."""
    shape = (problem.num_steps, len(starts), count)
    complexity = rng.choice(complexity_draws(params), shape)
    relative = rng.choice(length_draws(params), shape) / float(params.traffic.mean_length)
    congestion = params.congestion
    at_mean_load = float(congestion.arrival_mean) * (1.0 + float(congestion.length_weight) * (relative - 1.0))
    sizes = at_mean_load * loads_of(params, starts).T[:, :, None]
    low, high = float(congestion.drain_low), float(congestion.drain_high)
    deepest = float(congestion.max_queue_depth)
    first = INITIAL_QUEUE_DEPTH * rng.random((len(starts), count, problem.num_models))
    kinds = interpolation(problem.kind_nodes[0], complexity.ravel())
    deviations = interpolation(problem.kind_nodes[1], rng.standard_normal(complexity.size))
    kinds = (kinds[:, :, None] * deviations[:, None]).reshape(*shape, -1)
    return Paths(
        kinds=kinds,
        sizes=interpolation(problem.sizes, sizes.ravel()).reshape(*shape, -1),
        joining=sizes * rng.exponential(size=shape),
        kept=np.maximum(rng.uniform(low, high, (*shape, problem.num_models)), 1e-6),
        first_depths=np.minimum(first, deepest),
    )
