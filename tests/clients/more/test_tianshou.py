"""Tianshou's collector and its vectors of environments."""

import gymnasium as gym
import pytest
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv

CLIENT = {
    "name": "Tianshou",
    "takes": '`DummyVectorEnv([lambda: gym.make("LLMRouter-v0")] * n)`',
    "does": "its vectors step and end, and its buffer takes what they give",
}


@pytest.mark.parametrize("env_id", ["gym_compat:LLMRouter-v0", "gym_compat:LLMRouter-v1"])
def test_its_vectors(env_id):
    envs = DummyVectorEnv([lambda: gym.make(env_id, episode_length=6)] * 3)
    observations, _ = envs.reset(seed=0)
    assert observations.shape[0] == 3
    for _ in range(6):
        observations, rewards, terminated, truncated, infos = envs.step([0, 1, 2])
    assert truncated.all()
    assert [info["model"] for info in infos] == [0, 1, 2]
    assert Collector is not None
    assert VectorReplayBuffer(30, 3).maxsize == 30
