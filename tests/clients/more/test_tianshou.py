"""Tianshou's vectors of environments, and its buffer."""

import gymnasium as gym
import numpy as np
import pytest
from tianshou.data import Batch, VectorReplayBuffer
from tianshou.env import DummyVectorEnv

CLIENT = {
    "name": "Tianshou",
    "tried": "tianshou 2.0.1",
    "takes": '`DummyVectorEnv([lambda: gym.make("LLMRouter-v0")] * n)`',
    "does": "its vectors step and end, and its buffer keeps what they give",
}


@pytest.mark.parametrize("env_id", ["gym_compat:LLMRouter-v0", "gym_compat:LLMRouter-v1"])
def test_its_buffer_keeps_what_its_vectors_give(env_id):
    envs = DummyVectorEnv([lambda: gym.make(env_id, episode_length=6)] * 3)
    buffer, actions = VectorReplayBuffer(30, 3), np.array([0, 1, 2])
    seen, _ = envs.reset(seed=0)
    for _ in range(6):
        following, reward, terminated, truncated, info = envs.step(actions)
        step = {"obs": seen, "act": actions, "rew": reward, "terminated": terminated, "truncated": truncated}
        buffer.add(Batch(**step, obs_next=following, info=info))
        seen = following
    assert truncated.all()
    assert len(buffer) == 18
    np.testing.assert_array_equal(buffer.info["model"], buffer.act)
    assert np.isfinite(buffer.info["cost"]).all()
