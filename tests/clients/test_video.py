"""Gymnasium's `RecordVideo` over the environments' pictures."""

import gymnasium as gym
import pytest
from gymnasium.wrappers import RecordVideo

import gym_compat  # noqa: F401


@pytest.mark.parametrize("env_id", ["LLMRouter-v0", "LLMRouter-v1"])
def test_an_episode_becomes_a_video(env_id, tmp_path):
    env = gym.make(env_id, render_mode="rgb_array", episode_length=12)
    env = RecordVideo(env, str(tmp_path / "videos"), episode_trigger=lambda episode: True, disable_logger=True)
    env.reset(seed=0)
    for _ in range(12):
        env.step(3 % env.action_space.n)
    env.close()
    (video,) = tmp_path.glob("videos/*.mp4")
    assert video.stat().st_size > 5000
