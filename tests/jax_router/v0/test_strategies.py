"""The static strategies: what each chooses, and what it must not look at."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jax_router
from jax_router import ModelConfig
from jax_router.simulator import reset_batch
from jax_router.strategies import constant, random, round_robin
from jax_router.v0 import strategies

NUM_ENVS = 20_000
MODELS = [
    ModelConfig("middling", 0.02, 1.0, 0.1, 0.8),
    ModelConfig("cheap", 0.001, 0.3, 0.1, 0.6),
    ModelConfig("good", 0.01, 2.0, 0.1, 0.9),
]
PARAMS = jax_router.make_params(models=MODELS)


@pytest.fixture(scope="module")
def situation():
    state = jax.jit(reset_batch, static_argnums=1)(jax.random.key(0), NUM_ENVS, PARAMS)
    return jnp.zeros((NUM_ENVS, 7), jnp.float32), state


def act(policy, situation, seed=0):
    actions = policy(jax.random.key(seed), *situation)
    assert actions.shape == (NUM_ENVS,)
    assert actions.dtype == jnp.int32
    return np.asarray(actions)


def test_random_takes_each_model_equally_often(situation):
    actions = act(random(PARAMS), situation)
    # Five standard deviations of a binomial share.
    np.testing.assert_allclose(np.bincount(actions) / NUM_ENVS, 1 / 3, atol=5 * np.sqrt(2 / 9 / NUM_ENVS))
    assert (actions != act(random(PARAMS), situation, seed=1)).any()


def test_round_robin_takes_the_models_in_turn(situation):
    observation, state = situation
    for count, model in [(0, 0), (1, 1), (2, 2), (3, 0), (1000, 1)]:
        later = state.replace(step_count=jnp.full(NUM_ENVS, count, jnp.int32))
        assert (act(round_robin(PARAMS), (observation, later)) == model).all()


@pytest.mark.parametrize(
    ("policy", "model"),
    [(strategies.cheapest_first(PARAMS), 1), (strategies.best_quality(PARAMS), 2), (constant(2), 2)],
)
def test_the_constant_ones(situation, policy, model):
    assert (act(policy, situation) == model).all()


def test_static_strategies_names_every_strategy(situation):
    every = strategies.static_strategies(PARAMS, [model.name for model in MODELS])
    named = ["random", "round-robin", "cheapest-first", "best-quality"]
    assert list(every) == [*named, "always middling", "always cheap", "always good"]
    assert [act(every[f"always {model.name}"], situation)[0] for model in MODELS] == [0, 1, 2]
    assert (act(every["cheapest-first"], situation) == 1).all()


def test_static_strategies_wants_a_name_for_each_model():
    with pytest.raises(ValueError, match="model_names has 2 names; this fleet has 3 models"):
        strategies.static_strategies(PARAMS, ["a", "b"])


def test_a_constant_out_of_range_is_counted_as_the_model_that_answered(key):
    params = jax_router.make_params(models=MODELS, episode_length=3)
    episodes = jax_router.run_episodes(key, constant(99), 2, params)
    np.testing.assert_array_equal(episodes.model_share, [[0, 0, 1]] * 2)
    np.testing.assert_allclose(episodes.cost, 0.03, rtol=1e-6)
