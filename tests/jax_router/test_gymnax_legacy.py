"""Five values for trainers of gymnax 0.0.x, gymnax's registry, and gymnax's names."""

import copy
import pickle

import chex
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.gymnax_env import LLMRouter, LLMRouterV1
from jax_router.gymnax_legacy import LegacyStep

FACES = pytest.mark.parametrize("face", [LLMRouter, LLMRouterV1])


@FACES
def test_step_returns_five_values_and_the_numbers_of_the_six(key, face):
    env = face(episode_length=2)
    legacy, params = LegacyStep(env), env.default_params
    observation, state = legacy.reset(key, params)
    chex.assert_trees_all_equal((observation, state), env.reset(key, params))
    for ends in (False, True):
        *six, terminated, truncated, info = env.step(key, state, 1, params)
        *five, done, same = legacy.step(key, state, 1, params)
        chex.assert_trees_all_equal((five, same), (six, info))
        assert bool(done) == bool(terminated | truncated) == ends
        assert same["discount"] == 1
        state = five[1]


def test_discount_is_0_where_the_budget_is_spent(key):
    legacy = LegacyStep(LLMRouter(budget=0.001))
    _, state = legacy.reset(key)
    *_, done, info = legacy.step(key, state, 0)
    assert (bool(done), float(info["discount"])) == (True, 0.0)


@pytest.mark.usefixtures("lenient_promotion")
def test_gymnaxs_own_environments_have_five_values_too(key):
    env, params = gymnax.make("CartPole-v1")
    legacy = LegacyStep(env)
    _, state = legacy.reset(key, params)
    _, _, reward, done, info = legacy.step(key, state, 1, params)
    assert (float(reward), bool(done), float(info["discount"])) == (1.0, False, 1.0)


@pytest.mark.parametrize("env_id", ["LLMRouter-v0", "LLMRouter-v1"])
def test_gymnax_makes_them(key, env_id):
    env, params = gymnax.make(env_id, episode_length=7)
    assert (env.name, int(params.max_steps_in_episode)) == (env_id, 7)
    legacy, params = gymnax.make(env_id, legacy=True, budget=0.5)
    assert (legacy.name, float(params.budget)) == (env_id, 0.5)
    assert len(legacy.step(key, legacy.reset(key, params)[1], 0, params)) == 5


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_is_the_same_environment(key, twin):
    legacy = LegacyStep(LLMRouter(episode_length=3))
    chex.assert_trees_all_equal(twin(legacy).reset(key), legacy.reset(key))


@FACES
def test_names_of_gymnax(key, face):
    env = face()
    params = env.default_params.replace(max_steps_in_episode=12, budget=jnp.float32(3))
    assert (int(params.episode_length), float(params.budget)) == (12, 3.0)
    assert params.episode_length.dtype == np.int32
    observation, state = env.reset(key, params)
    assert state.time == state.step_count == 0
    assert env.obs_shape == observation.shape
    np.testing.assert_allclose(env.get_obs(state, params), observation, rtol=1e-6)
    legacy = LegacyStep(env)
    assert not legacy.is_terminal(state, params)
    assert legacy.is_terminal(state.replace(step_count=jnp.int32(12)), params)
    assert legacy.is_terminal(state.replace(budget_remaining=jnp.float32(0)), params)


@pytest.mark.usefixtures("lenient_promotion")
@FACES
def test_a_state_is_in_its_space_and_so_is_a_sample(key, face):
    env = face()
    space = env.state_space(env.default_params)
    assert space.contains(env.reset(key)[1])
    sample = space.sample(key)
    assert sample["step_count"].dtype == jnp.int32
    assert not jnp.isnan(sample["budget_remaining"])


def test_a_limit_may_be_traced(key):
    env = LLMRouter()

    def ends(limit):
        params = env.default_params.replace(max_steps_in_episode=limit)
        return env.is_truncated(env.reset(key, params)[1].replace(step_count=jnp.int32(5)), params)

    assert jax.vmap(ends)(jnp.array([4, 5, 6])).tolist() == [True, True, False]
