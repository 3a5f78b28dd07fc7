"""RLlib, in one process."""

import pytest
from ray.rllib.algorithms.ppo import PPOConfig
from ray.tune.registry import register_env

CLIENT = {
    "name": "RLlib",
    "takes": '`register_env(name, lambda settings: gym.make("LLMRouter-v0", **settings))`',
    "does": "PPO trains",
}


@pytest.mark.parametrize("env_id", ["LLMRouter-v0", "LLMRouter-v1"])
def test_ppo_trains(env_id):
    def make(settings):
        import gymnasium

        return gymnasium.make(f"gym_compat:{env_id}", **settings)

    register_env("llm-router", make)
    config = (
        PPOConfig()
        .environment("llm-router", env_config={"episode_length": 50})
        .env_runners(num_env_runners=0)
        .training(train_batch_size_per_learner=200, minibatch_size=50, num_epochs=1)
    )
    algorithm = config.build_algo()
    result = algorithm.train()
    algorithm.stop()
    assert result["env_runners"]["num_env_steps_sampled"] >= 200
