"""No policy has more quality at a cost than the bound, and the best choice for a price of money has just as much."""

import jax.numpy as jnp
import numpy as np

from jax_router.rollout import compare
from jax_router.v0 import ModelConfig, make_params
from jax_router.v0.strategies import queue_aware_strategies, static_strategies
from train.bounds.v0.quality import quality_bound


def test_no_strategy_has_more_quality_at_its_cost(key):
    params = make_params(episode_length=100, budget=1.0)  # dear models end episodes early
    strategies = queue_aware_strategies(params) | static_strategies(params, [str(i) for i in range(5)])
    bound = quality_bound(params)
    for episodes in compare(key, strategies, 512, params).values():
        prompts = np.asarray(episodes.length, np.float64)
        cost = np.asarray(episodes.cost, np.float64).sum() / prompts.sum()
        quality = np.average(np.asarray(episodes.quality, np.float64), weights=prompts)
        assert quality < bound.at(np.array([cost]))[0] + 3e-3


def test_who_knows_the_formulas_reaches_it(key):
    params = make_params(episode_length=200)
    scores, costs = jnp.asarray(params.fleet.quality_score), jnp.asarray(params.fleet.cost_per_call)
    difficulty = params.difficulty

    def best_at_a_price(key, observation, state):
        gap = jnp.maximum(0.0, difficulty.gap_floor + difficulty.gap_slope * state.prompt.complexity)
        return jnp.argmax(1.0 - (1.0 - scores[None]) * gap[:, None] - 20.0 * costs[None], axis=-1).astype(jnp.int32)

    episodes = compare(key, {"best": best_at_a_price}, 512, params)["best"]
    cost, quality = float(episodes.cost.mean()) / 200, float(episodes.quality.mean())
    assert abs(quality - quality_bound(params).at(np.array([cost]))[0]) < 1e-3


def test_below_the_cheapest_model_there_is_nothing():
    bound = quality_bound(
        make_params(models=[ModelConfig("a", 0.01, 0.5, 0.1, 0.9), ModelConfig("b", 0.02, 1, 0, 0.95)])
    )
    low, high = bound.at(np.array([0.005, 0.03]))
    assert np.isnan(low)
    assert 0.9 < high <= 1


def test_free_and_equal_models():
    free = quality_bound(make_params(models=[ModelConfig("a", 0.0, 0.5, 0.1, 0.9), ModelConfig("b", 0.0, 1, 0, 0.95)]))
    assert np.ptp(free.at(np.array([0.0, 1.0]))) < 1e-9
