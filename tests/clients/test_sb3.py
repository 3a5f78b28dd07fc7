"""Stable-Baselines3 trains on `gym_compat`: its own checks, three algorithms, and its processes."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import SubprocVecEnv

from gym_compat import SCENARIOS, LLMRouterEnv

CLIENT = {
    "name": "Stable-Baselines3",
    "tried": "stable-baselines3 2.9.2",
    "takes": '`PPO("MlpPolicy", "gym_compat:LLMRouter-v0")`; `make_vec_env`, in processes with `spawn`',
    "does": "its checker, PPO, A2C and DQN train, are saved and loaded",
}
ENV_ID = "gym_compat:LLMRouter-v0"  # with the module, so that a fresh process can find it


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_its_checks_give_no_warning(scenario):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(LLMRouterEnv(scenario=scenario, render_mode="rgb_array"), skip_render_check=False)
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize(
    "make",
    [
        lambda env: PPO("MlpPolicy", env, n_steps=512, seed=0, device="cpu"),
        lambda env: A2C("MlpPolicy", env, seed=0, device="cpu"),
        lambda env: DQN("MlpPolicy", env, learning_starts=200, seed=0, device="cpu"),
    ],
    ids=["PPO", "A2C", "DQN"],
)
def test_its_algorithms_train(make, tmp_path):
    model = make(gym.make(ENV_ID))
    model.learn(3000)
    assert model.num_timesteps >= 3000
    model.save(tmp_path / "model.zip")
    env = gym.make(ENV_ID, episode_length=50)
    again = type(model).load(tmp_path / "model.zip", device="cpu")
    observation, _ = env.reset(seed=0)
    action, _ = again.predict(observation, deterministic=True)
    assert np.isfinite(env.step(action)[1])  # an array without dimensions, as its users pass it on


def test_it_trains_on_llmrouter_v1():
    env = gym.make("gym_compat:LLMRouter-v1", episode_length=50)
    check_env(env.unwrapped)
    assert PPO("MlpPolicy", env, n_steps=128, seed=0, device="cpu").learn(256).num_timesteps == 256


def test_ppo_learns_what_this_environment_is_about():
    """Two models, one of them always late: soon it is hardly used, and rewards are those of the other one."""
    models = [
        {"name": "slow", "cost_per_call": 0.001, "latency_mean": 4.0, "latency_std": 0.1, "quality_score": 0.8},
        {"name": "fast", "cost_per_call": 0.001, "latency_mean": 0.1, "latency_std": 0.0, "quality_score": 0.8},
    ]
    env = make_vec_env(ENV_ID, 4, seed=0, env_kwargs={"models": models, "episode_length": 100})
    model = PPO("MlpPolicy", env, n_steps=128, learning_rate=1e-3, gamma=0.9, seed=0, device="cpu")
    model.learn(8000)
    reward, _ = evaluate_policy(model, env, n_eval_episodes=8)
    assert reward > 30  # "fast" alone earns about 40, a coin toss about -300


def test_llmrouter_v1_goes_through_spawn_too():
    settings = {"env_kwargs": {"episode_length": 20}, "vec_env_kwargs": {"start_method": "spawn"}}
    envs = make_vec_env("gym_compat:LLMRouter-v1", 2, seed=5, vec_env_cls=SubprocVecEnv, **settings)
    model = DQN("MlpPolicy", envs, learning_starts=20, seed=0, device="cpu").learn(64)
    envs.close()
    assert model.num_timesteps >= 64


def test_it_runs_in_processes_of_its_own():
    envs = make_vec_env(
        ENV_ID,
        2,
        seed=5,
        env_kwargs={"scenario": "rush_hour", "episode_length": 20},
        vec_env_cls=SubprocVecEnv,
        vec_env_kwargs={"start_method": "spawn"},
    )
    observations = envs.reset()
    for seed, observation in zip((5, 6), observations, strict=True):
        alone = LLMRouterEnv(scenario="rush_hour", episode_length=20)
        np.testing.assert_array_equal(observation, alone.reset(seed=seed)[0])
    ends = 0
    for _ in range(45):
        _, rewards, dones, infos = envs.step(np.array([1, 3]))
        assert np.isfinite(rewards).all()
        assert infos[1]["model"] == 3
        ends += dones.sum()
    assert ends == 4
    assert infos[0]["TimeLimit.truncated"] in (False, True)
    envs.close()


def test_a_class_goes_through_spawn_too():
    envs = make_vec_env(LLMRouterEnv, 2, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": "spawn"})
    PPO("MlpPolicy", envs, n_steps=64, device="cpu").learn(128)
    envs.close()
