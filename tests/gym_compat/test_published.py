"""Code that was written for llm-router-env runs after renaming its import; what it means here is said there, too."""

import inspect

import gymnasium as gym
import numpy as np
import pytest

import gym_compat
from gym_compat import LLMRouterEnv, LLMRouterV1Env, LLMRouterVectorEnv
from gym_compat.models import DEFAULT_MODELS, ModelConfig
from gym_compat.reward import RewardConfig, compute_reward
from gym_compat.traffic import PromptRequest, TrafficGenerator


@pytest.mark.parametrize("env_class", [LLMRouterEnv, LLMRouterV1Env])
def test_the_seed_of_the_constructor_is_that_of_the_first_reset(env_class):
    first = env_class(seed=3)
    given = env_class()
    np.testing.assert_array_equal(first.reset()[0], given.reset(seed=3)[0])
    np.testing.assert_array_equal(first.reset()[0], given.reset()[0])  # both go on to the next episode
    np.testing.assert_array_equal(env_class(seed=3).reset(seed=4)[0], given.reset(seed=4)[0])


def test_the_seed_of_the_constructor_of_vectors():
    envs, alone = LLMRouterVectorEnv(num_envs=2, seed=3), LLMRouterEnv(seed=4)
    np.testing.assert_allclose(envs.reset()[0][1], alone.reset()[0], atol=1e-6)


def test_a_seed_that_is_none_is_refused():
    with pytest.raises(ValueError, match="seed is -1; it must be a whole number at least 0"):
        LLMRouterEnv(seed=-1)


@pytest.mark.parametrize("miss", [0.0, 3.0])
def test_the_reward_as_a_function_is_that_of_a_step(miss):
    config = RewardConfig(cost_weight=2.0, latency_penalty=3.0, sla_threshold=0.4, quality_miss_penalty=miss)
    env = LLMRouterEnv(reward_config=config)
    env.reset(seed=0)
    for action in (0, 1, 3, 4):
        _, reward, _, _, info = env.step(action)
        parts = info["cost"], info["quality"], info["latency"], config, info["quality_required"]
        assert reward == pytest.approx(float(compute_reward(*parts)), abs=1e-5)
    assert compute_reward(0.01, 0.9, 1.5, RewardConfig()) == pytest.approx(-0.01 + 0.45 - 1.0)


def test_ten_numbers_where_the_quality_required_is_observed():
    nine, ten = LLMRouterEnv(), gym.make("LLMRouter-v0", observe_quality_required=True)
    assert ten.observation_space.shape == (10,)
    short, _ = nine.reset(seed=0)
    long, _ = ten.reset(seed=0)
    for action in (1, 3):
        np.testing.assert_array_equal(long[:9], short)
        seen = long[9]
        short, *_ = nine.step(action)
        long, *_, info = ten.step(action)
        assert info["quality_required"] == seen
    envs = gym.make_vec("LLMRouter-v0", num_envs=2, observe_quality_required=True)
    np.testing.assert_allclose(envs.reset(seed=0)[0][0], ten.reset(seed=0)[0], atol=1e-6)
    with pytest.raises(ValueError, match="observe_quality_required is 1; it must be True or False"):
        LLMRouterEnv(observe_quality_required=1)


def test_the_model_by_its_name_though_it_is_no_key():
    env = gym.make("LLMRouter-v0")
    env.reset(seed=0)
    info = env.step(1)[4]
    assert info["model_name"] == "tier1_small"
    assert "model_name" not in info.keys()  # noqa: SIM118
    with pytest.raises(KeyError, match="tokens"):
        info["tokens"]


def test_prompts_have_the_distribution_of_the_environment_s():
    generator = TrafficGenerator(rng=np.random.default_rng(0))
    drawn = [generator.sample(0.3) for _ in range(4000)]
    envs = gym.make_vec("LLMRouter-v0", num_envs=4000, observe_quality_required=True)
    observed = envs.reset(seed=0)[0][:, [0, 1, 9]]
    ours = np.array([(prompt.length, prompt.complexity, prompt.quality_required) for prompt in drawn])
    np.testing.assert_allclose(ours.mean(0), observed.mean(0), atol=0.012)
    np.testing.assert_allclose(ours.std(0), observed.std(0), atol=0.01)
    assert isinstance(drawn[0], PromptRequest)


def test_load_has_mean_1_and_peaks_at_9():
    loads = [TrafficGenerator().load_factor(hour / 24) for hour in range(24)]
    assert np.mean(loads) == pytest.approx(1)
    assert int(np.argmax(loads)) == 9


def test_names_are_where_they_were():
    assert gym_compat.compute_reward is compute_reward
    assert gym_compat.TrafficGenerator is TrafficGenerator
    assert gym_compat.ModelConfig is ModelConfig
    assert DEFAULT_MODELS[0].name == "tier1_large"
    assert list(inspect.signature(compute_reward).parameters)[:4] == ["cost", "quality", "latency", "config"]
