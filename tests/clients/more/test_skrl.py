"""skrl's wrappers, around one environment and around a vector."""

import gymnasium as gym
import pytest
import torch
from skrl.envs.wrappers.torch import wrap_env

CLIENT = {
    "name": "skrl",
    "tried": "skrl 2.1.1",
    "takes": '`wrap_env(gym.make_vec("LLMRouter-v0", num_envs=...))`, and `gym.make`',
    "does": "its wrapper steps one environment and vectors",
}


@pytest.mark.parametrize("env_id", ["gym_compat:LLMRouter-v0", "gym_compat:LLMRouter-v1"])
@pytest.mark.parametrize("num_envs", [None, 4])
def test_it_steps(env_id, num_envs):
    made = gym.make(env_id) if num_envs is None else gym.make_vec(env_id, num_envs=num_envs)
    env = wrap_env(made, wrapper="gymnasium")
    observation, _ = env.reset()
    for _ in range(5):
        observation, reward, *_ = env.step(torch.ones((env.num_envs, 1), dtype=torch.int64))
    assert observation.shape == (env.num_envs, made.unwrapped.observation_space.shape[-1])
    assert torch.isfinite(reward).all()
