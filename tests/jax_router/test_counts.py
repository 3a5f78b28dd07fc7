"""Counts and indices that people hand to rollouts, searches and strategies: refused by name before anything runs."""

import math
import re
from contextlib import suppress

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_router import make_params, run_episodes, run_steps, step, v0
from jax_router.rollout import compare
from jax_router.simulator import reset, reset_batch
from jax_router.strategies import constant, mixture
from jax_router.tuning import best_mixture
from jax_router.v0.budgeting import with_load_factor
from jax_router.v0.strategies import two_threshold
from jax_router.v0.tuning import best_two_threshold
from train.evaluation.baselines import known_strategies
from train.evaluation.comparison import evaluate

KEY = jax.random.key(0)
PARAMS = make_params(episode_length=10)
ALWAYS = constant(0)
NAMES = [model.name for model in v0.DEFAULT_MODELS]

COUNTS = {
    "run_episodes": (lambda n: run_episodes(KEY, ALWAYS, n, PARAMS), "num_episodes"),
    "compare": (lambda n: compare(KEY, {"always": ALWAYS}, n, PARAMS), "num_episodes"),
    "run_steps": (lambda n: run_steps(KEY, ALWAYS, n, 1, PARAMS), "num_envs"),
    "run_steps, steps": (lambda n: run_steps(KEY, ALWAYS, 1, n, PARAMS), "num_steps"),
    "reset_batch": (lambda n: reset_batch(KEY, n, PARAMS), "num_envs"),
    "best_mixture": (lambda n: best_mixture(KEY, PARAMS, n), "num_episodes"),
    "best_mixture, rounds": (lambda n: best_mixture(KEY, PARAMS, 1, n), "num_rounds"),
    "best_two_threshold": (lambda n: best_two_threshold(KEY, PARAMS, n), "num_episodes"),
    "known_strategies": (lambda n: known_strategies(KEY, PARAMS, NAMES, n), "tuning_episodes"),
    "evaluate": (lambda n: evaluate(KEY, PARAMS, NAMES, {}, n), "num_episodes"),
    "constant": (constant, "model"),
    "two_threshold, better": (lambda n: two_threshold(0.3, 18.0, n, 0), "better"),
    "two_threshold, cheaper": (lambda n: two_threshold(0.3, 18.0, 0, n), "cheaper"),
}


@pytest.mark.parametrize("wrong", [-1, 2.5, math.nan, math.inf, None, "3", True, [3], np.array([3])], ids=repr)
@pytest.mark.parametrize(("call", "name"), COUNTS.values(), ids=COUNTS)
def test_what_is_no_count_is_refused_by_name(call, name: str, wrong) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is .*; it must be a whole number at least"):
        call(wrong)


def test_every_kind_of_count_is_one() -> None:
    for count in (3, np.int64(3), 3.0, np.array(3)):
        assert run_episodes(KEY, ALWAYS, count, PARAMS).cost.shape == (3,)
    assert run_steps(KEY, ALWAYS, 2, 0, PARAMS)[1].reward.shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixture([0.5, 0.6]), "shares sum to 1.1; they must sum to 1"),
        (lambda: mixture([1.5, -0.5]), "shares holds -0.5 at 1"),
        (lambda: mixture([math.nan, 1.0]), "shares holds nan at 0"),
        (lambda: mixture(0.5), "shares is 0.5; it must be a list of finite numbers at least 0"),
        (lambda: two_threshold(math.nan, 18.0, 1, 3), "complexity is nan"),
        (lambda: two_threshold(0.3, "18", 1, 3), "queue is '18'"),
        (lambda: with_load_factor(PARAMS, math.nan), "factor is nan"),
        (lambda: with_load_factor(PARAMS, -1), "factor is -1; it must be a finite number at least 0"),
        (lambda: compare(KEY, {}, 3, PARAMS), "policies is empty"),
        (
            lambda: step(reset(KEY, PARAMS)[1], 1.5, KEY),
            "action has dtype float32; it must be of integers, from 0 to 4",
        ),
        (lambda: step(reset(KEY, PARAMS)[1], True, KEY), "action has dtype bool; it must be of integers, from 0 to 4"),
    ],
)
def test_what_makes_no_strategy_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_traced_numbers_are_let_through() -> None:
    """A search tries many candidates under one trace."""
    actions = jax.vmap(lambda model: constant(model)(KEY, jnp.zeros((2, 9)), None))(jnp.arange(3))
    assert actions.tolist() == [[0, 0], [1, 1], [2, 2]]
    jax.jit(lambda factor: with_load_factor(PARAMS, factor))(2.0)


@settings(deadline=None, max_examples=60)
@given(
    cost=st.sampled_from([0.0, 1.2e-38, 1e-9, 1.0, 1e6, 1e9, 3e38]),
    budget=st.sampled_from([1.2e-38, 1e-9, 0.8, 1e9, 3e38]),
    depth=st.sampled_from([1.2e-38, 1e-3, 50.0, 1e9]),
    per_day=st.sampled_from([1.0, 1440.0, 1e9, 3e38]),
    latency=st.sampled_from([0.0, 1.2e-38, 1.0, 1e9, 3e38]),
    arrivals=st.sampled_from([0.0, 1.2e-38, 2.0, 1e9, 3e38]),
    weight=st.sampled_from([0.0, 1.2e-38, 1.0, 1e30, 3e38]),
)
def test_settings_of_any_size_make_finite_episodes(cost, budget, depth, per_day, latency, arrivals, weight) -> None:
    """Whatever passes the checks can be simulated: no NaN, and observations in 0 .. 1."""
    fleet = [v0.ModelConfig("a", cost, latency, latency, 0.9), v0.ModelConfig("b", 0.001, 1.0, 0.1, 0.8)]
    numbers = {"budget": budget, "max_queue_depth": depth, "steps_per_day": per_day, "arrival_mean": arrivals}
    reward = v0.RewardConfig(weight, weight, weight)
    if max(cost, latency, weight) > 1e30 or weight * max(cost, latency) > 1e30:
        with suppress(ValueError):  # an episode that float32 cannot sum up, see below
            make_params(models=fleet, reward=reward, **numbers)
            pytest.fail("it was not refused")
        return
    params = make_params(models=fleet, reward=reward, **numbers)
    _, seen = STEPS(KEY, params)
    for name in ("observation", "reward", "final_observation"):
        assert np.isfinite(getattr(seen, name)).all(), name
    assert ((seen.observation >= 0) & (seen.observation <= 1)).all()
    for name, values in vars(seen.outcome).items():
        assert np.isfinite(values).all(), name


@pytest.mark.parametrize(
    ("settings_given", "what"),
    [
        ({"reward": v0.RewardConfig(cost_weight=1e38), "models": [v0.ModelConfig("a", 1e3, 1, 0, 0.5)]}, "cost_weight"),
        ({"reward": v0.RewardConfig(latency_penalty=3e38)}, "latency_penalty"),
        ({"slowdown": 3e38}, "latency_penalty"),
        ({"reward": v0.RewardConfig(quality_weight=3e38)}, "quality_weight"),
        ({"models": [v0.ModelConfig("a", 3e38, 1, 0, 0.5)]}, "cost_weight"),
    ],
)
def test_an_episode_that_float32_cannot_sum_up_is_refused(settings_given, what: str) -> None:
    with pytest.raises(ValueError, match=f"^{what} .*float32 can hold"):
        make_params(**settings_given)


STEPS = jax.jit(lambda key, params: run_steps(key, lambda key, seen, state: state.step_count % 2, 2, 8, params))
