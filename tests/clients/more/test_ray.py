"""RLlib, in one process."""

import pytest
import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.tune.registry import register_env

CLIENT = {
    "name": "RLlib",
    "tried": "ray 2.60.0",
    "takes": '`register_env(name, lambda settings: gym.make("LLMRouter-v0", **settings))`',
    "does": "PPO trains",
}


@pytest.fixture(scope="module", autouse=True)
def _a_node():
    """Start Ray. Its node gives up where its agent needs more than 15 s, as on a busy machine, and no setting helps."""
    for tries_left in (2, 1, 0):
        try:
            ray.init(num_cpus=1, object_store_memory=100_000_000, include_dashboard=False)
            break
        except Exception:
            ray.shutdown()
            if tries_left == 0:
                raise
    yield
    ray.shutdown()


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
