"""sb3-contrib: the algorithms that Stable-Baselines3 keeps apart."""

import gymnasium as gym
import pytest
from sb3_contrib import QRDQN, TRPO, RecurrentPPO

CLIENT = {
    "name": "sb3-contrib",
    "tried": "sb3-contrib 2.9.2",
    "takes": '`TRPO("MlpPolicy", "gym_compat:LLMRouter-v0")`',
    "does": "TRPO, QR-DQN and recurrent PPO train",
}


@pytest.mark.parametrize("env_id", ["gym_compat:LLMRouter-v0", "gym_compat:LLMRouter-v1"])
@pytest.mark.parametrize(
    ("algorithm", "policy", "settings"),
    [
        (TRPO, "MlpPolicy", {"n_steps": 128}),
        (QRDQN, "MlpPolicy", {"learning_starts": 64}),
        (RecurrentPPO, "MlpLstmPolicy", {"n_steps": 64}),
    ],
)
def test_it_trains(env_id, algorithm, policy, settings):
    env = gym.make(env_id, episode_length=50)
    model = algorithm(policy, env, seed=0, device="cpu", **settings).learn(256)
    assert model.num_timesteps >= 256
