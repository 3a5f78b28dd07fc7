"""Gymnasium's `RecordVideo` over the environment's pictures."""

import gymnasium as gym
from gymnasium.wrappers import RecordVideo

import gym_compat  # noqa: F401


def test_an_episode_becomes_a_video(tmp_path):
    env = gym.make("LLMRouter-v0", render_mode="rgb_array", episode_length=12)
    env = RecordVideo(env, str(tmp_path / "videos"), episode_trigger=lambda episode: True, disable_logger=True)
    env.reset(seed=0)
    for _ in range(12):
        env.step(3)
    env.close()
    (video,) = tmp_path.glob("videos/*.mp4")
    assert video.stat().st_size > 5000
