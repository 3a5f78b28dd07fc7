"""No strategy is above its bound: all scenarios, and fleets and budgets of many kinds."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.rollout import compare
from jax_router.v0 import SCENARIOS, ModelConfig, RewardConfig, make_params
from jax_router.v0.strategies import queue_aware_strategies, static_strategies
from jax_router.v0.traffic import Traffic
from train.agents.strategies import index_strategy
from train.bounds.starts import even_starts, read_at, reading_error, starts_of_episodes
from train.bounds.v0.index_policy import index_tables
from train.bounds.v0.upper_bound import upper_bound

NUM_EPISODES = 256
SHORT = {"episode_length": 40, "steps_per_day": 60.0}
QUICK = {"seconds": np.inf, "num_starts": 4, "max_evaluations": 12, "max_halvings": 0, "num_paths": 0}
EIGHT = [ModelConfig(f"m{i}", 0.001 * i, 0.2 + 0.2 * i, 0.1, 0.6 + 0.05 * i) for i in range(8)]
EQUAL = [ModelConfig(name, 0.003, 0.5, 0.1, 0.82) for name in "abc"]
FREE = [ModelConfig("free", 0.0, 0.5, 0.1, 0.7), ModelConfig("also free", 0.0, 0.9, 0.0, 0.9)]
CERTAIN = [ModelConfig("a", 0.01, 0.5, 0.0, 0.9), ModelConfig("b", 0.001, 1.0, 0.0, 0.7)]
PROBLEMS = {name: {"scenario": name} for name in SCENARIOS} | {
    "one model": {"models": EIGHT[3:4]},
    "eight models": {"models": EIGHT},
    "equal models": {"models": EQUAL, "scenario": "rush_hour"},
    "free models": {"models": FREE},
    "models without spread": {"models": CERTAIN},
    "a budget for half of the prompts": {"budget": 0.03, "models": EQUAL},
    "a budget for some good answers": {"budget": 0.1},
    "required quality": {"reward": RewardConfig(quality_miss_penalty=3.0)},
    "nothing but losses": {"reward": RewardConfig(quality_weight=0.0), "scenario": "rush_hour", "budget": 0.3},
    "queues that never drain": {"drain_low": 1.0, "drain_high": 1.0},
    "nobody joins": {"arrival_mean": 0.0},
    "one prompt": {"episode_length": 1},
    "rush hour with long queues": {"scenario": "rush_hour", "arrival_mean": 8.0, "budget": 100.0},
}


def params_of(name):
    return make_params(**(SHORT | PROBLEMS[name]))


@cache
def bound_of(name):
    return upper_bound(params_of(name), **QUICK)


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_strategy_is_above_the_bound(key, name):
    params = params_of(name)
    strategies = static_strategies(params, [str(i) for i in range(params.num_models)]) | queue_aware_strategies(params)
    strategies["index"] = index_strategy(*index_tables(params, seconds=np.inf))
    bound = bound_of(name)
    limit = bound.at(starts_of_episodes(key, NUM_EPISODES, params)) + bound.numerical_error
    best = -np.inf
    for episodes in compare(key, strategies, NUM_EPISODES, params).values():
        rewards = np.asarray(episodes.reward, np.float64)
        assert rewards.mean() - 4 * rewards.std() / np.sqrt(NUM_EPISODES) <= limit + 1e-4
        best = max(best, rewards.mean())
    assert bound.value - best < 0.2 * abs(best) + 3.0


def test_one_model_without_a_budget_earns_its_bound(key):
    """With one model there is nothing to decide: the bound is what the model earns, up to the grids."""
    params = params_of("one model")
    rewards = compare(key, static_strategies(params, ["m3"]), 4096, params)["always m3"].reward
    mean, error = float(rewards.mean()), float(rewards.std()) / 64
    limit = upper_bound(params, **(QUICK | {"max_halvings": 1})).at(starts_of_episodes(key, 4096, params))
    assert abs(limit - mean) < 4 * error + 0.002 * abs(mean)


def test_sampled_paths_sharpen_the_bound_and_no_strategy_is_above_it(key):
    params = params_of("rush hour with long queues")
    plain = bound_of("rush hour with long queues")
    sharp = upper_bound(params, **(QUICK | {"num_paths": 6}))
    assert sharp.is_sampled
    assert not plain.is_sampled
    assert sharp.value < plain.value - 0.01 * abs(plain.value)
    index = {"index": index_strategy(*index_tables(params, seconds=np.inf))}
    rewards = compare(key, index, 1024, params)["index"].reward
    assert float(rewards.mean()) < sharp.at(starts_of_episodes(key, 1024, params))


def test_less_time_gives_a_weaker_bound_that_is_still_one():
    params = params_of("default")
    hasty = upper_bound(params, seconds=0.0, num_starts=4)  # too little for paths
    assert hasty.evaluations == 1
    assert bound_of("default").value < hasty.value


def test_a_search_tells_of_its_progress():
    told = []
    upper_bound(params_of("default"), progress=lambda count, value: told.append(value), **QUICK)
    assert len(told) == 12
    assert told == sorted(told, reverse=True)


def test_a_trace_has_a_bound(key, tmp_path):
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.uniform(0, 86_400, 300))
    rows = [
        f"2023-11-16 {int(s // 3600):02d}:{int(s % 3600 // 60):02d}:{s % 60:09.6f},{t},10"
        for s, t in zip(seconds, rng.integers(1, 4000, 300), strict=True)
    ]
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(rows))
    params = make_params(**SHORT, traffic=Traffic.from_trace(path))
    bound = upper_bound(params, **QUICK)
    rewards = compare(key, queue_aware_strategies(params), NUM_EPISODES, params)["greedy-reward"].reward
    assert 0 < bound.at(starts_of_episodes(key, NUM_EPISODES, params)) - float(rewards.mean()) < 2


def test_a_smooth_function_of_the_day_is_read_between_its_values():
    def function(times):
        return 3 + np.sin(2 * np.pi * times) + 0.5 * np.cos(4 * np.pi * times)

    starts = np.random.default_rng(0).uniform(size=50)
    values = function(even_starts(8))
    assert read_at(values, starts) == pytest.approx(function(starts).mean())
    assert read_at(values, None) == pytest.approx(3)
    assert reading_error(values, None) < 1e-12
    assert reading_error(values + [1, -1] * 4, None) == pytest.approx(1)


def test_starts_are_those_of_the_episodes(key):
    params = params_of("one prompt")
    starts = starts_of_episodes(key, 200, params)

    def before_noon(key, observation, state):
        return jnp.where(state.time_of_day < 0.5, 0, 1)

    share = compare(key, {"before noon": before_noon}, 200, params)["before noon"].model_share
    assert 0 < starts.min() < starts.max() < 1
    np.testing.assert_array_equal(share[:, 0] == 1, starts < 0.5)
