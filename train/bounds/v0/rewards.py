"""Mean rewards of LLMRouter-v0 in closed form, float64: of an answer, and of the wait for it.

A mean reward is a sum of what the prompt's kind makes of it (`answer_reward`) and what the queue does (`wait_reward`).
Unlike `jax_router.v0.strategies.expected_reward` nothing is left out: the floor under the latency, the clipping of the
quality, and the penalty for quality that misses what was required.
"""

import numpy as np
from scipy.stats import norm

from jax_router.v0.env import MIN_LATENCY, QUALITY_STD
from jax_router.v0.params import Params


def answer_reward(params: Params, model: int, complexity: np.ndarray, required: np.ndarray) -> np.ndarray:
    """The mean reward of an answer in time, to prompts of a complexity and a required quality, arrays (...)."""
    weights, quality = params.reward, _unclipped(params, model, complexity)
    # A clipped number misses what lies between it and `required`.
    missed = positive_part(required - quality, QUALITY_STD) - positive_part(-quality, QUALITY_STD)
    return np.asarray(
        float(weights.quality_weight) * mean_quality(params, model, complexity)
        - float(weights.quality_miss_penalty) * missed
        - float(weights.cost_weight) * float(params.fleet.cost_per_call[model])
    )


def mean_quality(params: Params, model: int, complexity: np.ndarray) -> np.ndarray:
    """The mean quality of a model's answers to prompts of a complexity, 0 .. 1, arrays (...)."""
    quality = _unclipped(params, model, complexity)
    # A clipped number is the part of it above 0 less the part above 1.
    return np.asarray(positive_part(quality, QUALITY_STD) - positive_part(quality - 1.0, QUALITY_STD))


def wait_reward(params: Params, model: int, depth: np.ndarray) -> np.ndarray:
    """What the lateness of an answer adds, 0 or less, at depths of the model's queue in requests, (...)."""
    slowdown, deepest = float(params.congestion.slowdown), float(params.congestion.max_queue_depth)
    factor = 1.0 + slowdown * depth / deepest
    mean, std = float(params.fleet.latency_mean[model]), float(params.fleet.latency_std[model])
    threshold = float(params.reward.sla_threshold) / factor
    late = np.maximum(MIN_LATENCY - threshold, 0.0) + positive_part(mean - np.maximum(threshold, MIN_LATENCY), std)
    return np.asarray(-float(params.reward.latency_penalty) * factor * late)


def _unclipped(params: Params, model: int, complexity: np.ndarray) -> np.ndarray:
    slope, floor = float(params.difficulty.gap_slope), float(params.difficulty.gap_floor)
    gap = np.maximum(0.0, floor + slope * complexity)
    return np.asarray(1.0 - (1.0 - float(params.fleet.quality_score[model])) * gap)


def positive_part(mean: np.ndarray, std: float) -> np.ndarray:
    """E max(0, X) of X ~ Normal(mean, std), also without spread."""
    if std == 0:
        return np.maximum(mean, 0.0)
    distance = mean / std
    return np.asarray(std * (norm.pdf(distance) + distance * norm.cdf(distance)))
