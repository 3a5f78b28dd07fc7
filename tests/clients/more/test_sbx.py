"""sbx, Stable-Baselines3 in JAX."""

import gymnasium as gym
import jax
import pytest
from sbx import DQN, PPO

CLIENT = {
    "name": "sbx",
    "tried": "sbx-rl 0.28.0",
    "takes": '`PPO("MlpPolicy", "gym_compat:LLMRouter-v0")`',
    "does": "PPO and DQN train",
}


@pytest.fixture(autouse=True)
def _as_sbx_promotes():
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.parametrize("env_id", ["gym_compat:LLMRouter-v0", "gym_compat:LLMRouter-v1"])
@pytest.mark.parametrize(("algorithm", "settings"), [(PPO, {"n_steps": 64}), (DQN, {"learning_starts": 64})])
def test_it_trains(env_id, algorithm, settings):
    model = algorithm("MlpPolicy", gym.make(env_id, episode_length=50), seed=0, **settings).learn(256)
    assert model.num_timesteps >= 256
