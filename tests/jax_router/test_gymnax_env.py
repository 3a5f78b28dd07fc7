"""gymnax's interface: its own wrapper and registry drive the environment, and the numbers are jax_router's."""

import copy

import chex
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax.environments import environment
from gymnax.wrappers.purerl import LogWrapper

import jax_router
from jax_router import ModelConfig
from jax_router.gymnax_env import LLMRouter
from tests.helpers.promotion import lenient

ENV = LLMRouter(episode_length=7, budget=0.1)
PARAMS = ENV.default_params


@pytest.fixture(scope="module")
def episodes():
    """80 steps under gymnax's LogWrapper with random actions: (observations, rewards, done, info)."""
    logged = LogWrapper(ENV)
    step = lenient(logged.step)  # it multiplies by what is bool
    key_reset, key_steps = jax.random.split(jax.random.key(0))

    def one_step(carry, key):
        observation, state = carry
        action = ENV.action_space(PARAMS).sample(key)
        following, state, reward, terminated, truncated, info = step(key, state, action, PARAMS)
        return (following, state), (observation, reward, terminated | truncated, info)

    _, steps = jax.lax.scan(one_step, logged.reset(key_reset, PARAMS), jax.random.split(key_steps, 80))
    return jax.device_get(steps)


def test_log_wrapper_returns_are_the_sums_of_rewards(episodes):
    _, rewards, done, info = episodes
    ends = np.flatnonzero(done)
    np.testing.assert_array_equal(info["returned_episode"], done)
    for start, end in zip([0, *(ends[:-1] + 1)], ends, strict=True):
        np.testing.assert_allclose(info["returned_episode_returns"][end], rewards[start : end + 1].sum(), rtol=1e-5)
        assert info["returned_episode_lengths"][end] == end + 1 - start
    assert info["terminated"].any()
    assert info["truncated"].any()


def test_episodes_begin_anew(episodes):
    """What follows an end is a full budget; what ended is kept as the final observation."""
    observations, _, done, info = episodes
    following, final, done = observations[1:], info["final_observation"][:-1], done[:-1]
    assert (following[done][:, -1] == 1).all()
    assert (final[done][:, -1] < 1).all()
    np.testing.assert_array_equal(final[~done], following[~done])


def test_observations_and_actions_are_in_their_spaces(episodes):
    space = ENV.observation_space(PARAMS)
    assert space.shape == (9,)
    assert all(space.contains(observation) for observation in episodes[0])
    assert all(space.contains(observation) for observation in episodes[3]["final_observation"])
    assert not space.contains(np.full(9, 1.01, np.float32))
    assert ENV.action_space(PARAMS).n == ENV.num_actions == 5


def test_info_has_every_field_of_the_outcome(episodes):
    info = episodes[3]
    assert set(info) >= {"cost", "latency", "quality", "quality_required", "sla_violated", "discount"}
    np.testing.assert_array_equal(info["discount"], 1 - info["terminated"].astype(np.float32))
    assert set(np.unique(info["cost"])) == {np.float32(model.cost_per_call) for model in jax_router.DEFAULT_MODELS}


def test_reset_and_step_give_the_numbers_of_jax_router(key):
    observation, state = ENV.reset(key, PARAMS)
    chex.assert_trees_all_close((observation, state), jax_router.reset(key, PARAMS), rtol=1e-6)
    *returned, info = ENV.step(key, state, 1, PARAMS)
    *expected, outcome = jax.jit(jax_router.step)(state, 1, key, PARAMS)
    chex.assert_trees_all_close(returned, expected, rtol=1e-6)
    for name in ("cost", "latency", "quality", "quality_required", "sla_violated"):
        np.testing.assert_allclose(info[name], getattr(outcome, name), rtol=1e-6)


def test_step_without_params_takes_the_default_ones(key):
    _, state = ENV.reset(key)
    chex.assert_trees_all_close(ENV.step(key, state, 1), ENV.step(key, state, 1, PARAMS), rtol=1e-6)


@pytest.mark.parametrize(("budget", "steps"), [(0.05, 0), (0.01, 0), (0.05, 6), (0.01, 6)])
def test_step_means_what_gymnaxs_own_step_means(key, budget, steps):
    """The base class builds `step` from the hooks; ours agrees in all but the draw of the next episode's start."""
    _, state = ENV.reset(key, PARAMS)
    state = state.replace(budget_remaining=jnp.float32(budget), step_count=jnp.int32(steps))
    key_step, _ = jax.random.split(key)  # as the base class does
    ours = ENV.step(key_step, state, 0, PARAMS)
    theirs = environment.Environment.step(ENV, key, state, 0, PARAMS)
    chex.assert_trees_all_equal_shapes_and_dtypes(ours, theirs)
    chex.assert_trees_all_close(ours[2:], theirs[2:], rtol=1e-5)
    if ours[3] or ours[4]:
        assert ours[1].step_count == theirs[1].step_count == 0
        assert ours[1].budget_remaining == theirs[1].budget_remaining == PARAMS.budget
    else:
        chex.assert_trees_all_close(ours[:2], theirs[:2], rtol=1e-5)


def test_hooks_agree_with_step(key):
    observation, state = ENV.reset(key, PARAMS)
    np.testing.assert_allclose(ENV.observe(key, state, None, PARAMS), observation, rtol=1e-6)
    assert not ENV.is_terminated(state, PARAMS)
    assert not ENV.is_truncated(state, PARAMS)
    assert ENV.is_terminated(state.replace(budget_remaining=jnp.float32(0)), PARAMS)
    assert ENV.is_truncated(state.replace(step_count=jnp.int32(7)), PARAMS)


@pytest.mark.parametrize(("action", "nearest"), [(-1, 0), (5, 4), (2**31 - 1, 4)])
def test_an_action_out_of_range_is_never_free(key, action, nearest):
    _, state = ENV.reset(key, PARAMS)
    info = ENV.step(key, state, jnp.int32(action), PARAMS)[5]
    assert info["cost"] == np.float32(jax_router.DEFAULT_MODELS[nearest].cost_per_call)


def test_gymnax_registers_and_makes_it():
    """Settings go through `gymnax.make` to the constructor; trainers read the time limit as an int."""
    models = [ModelConfig("cheap", 0.001, 0.3, 0.1, 0.7), ModelConfig("good", 0.01, 0.9, 0.1, 0.9)]
    gymnax.register("LLMRouter-test", LLMRouter)
    env, params = gymnax.make("LLMRouter-test", scenario="rush_hour", models=models, episode_length=12)
    assert env.name == "LLMRouter-v0"
    assert env.model_names == ("cheap", "good")
    assert env.num_actions == 2
    assert env.observation_space(params).shape == (6,)
    assert params.congestion.slowdown == 4
    assert int(params.max_steps_in_episode) == 12
    assert list(range(params.max_steps_in_episode)) == list(range(12))


def test_a_copy_is_the_same_environment(key):
    twin = copy.deepcopy(ENV)
    _, state = ENV.reset(key)
    chex.assert_trees_all_equal(twin.reset(key), ENV.reset(key))
    chex.assert_trees_all_equal(twin.step(key, state, 2), ENV.step(key, state, 2))


def test_bad_settings_raise_at_once():
    with pytest.raises(ValueError, match="budget is -1"):
        LLMRouter(budget=-1)
    with pytest.raises(ValueError, match="models is empty"):
        LLMRouter(models=[])
