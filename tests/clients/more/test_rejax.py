"""rejax, which was written for gymnax 0.0.x, trains on the gymnax face with five values."""

import jax
import numpy as np
import pytest
import rejax

import jax_router.gymnax_env  # noqa: F401  # registers both environments at gymnax

CLIENT = {
    "name": "rejax",
    "tried": "rejax 0.1.3",
    "takes": '`PPO.create(env="LLMRouter-v0", env_params={"legacy": True})` after `import jax_router.gymnax_env`',
    "does": "PPO, DQN, PQN, SAC and IQN train",
}
ON_POLICY = {"num_envs": 4, "num_steps": 16, "num_minibatches": 2, "num_epochs": 2}
OFF_POLICY = {"num_envs": 2, "fill_buffer": 64, "buffer_size": 256, "batch_size": 16}
ALGORITHMS = {"PPO": ON_POLICY, "PQN": ON_POLICY, "DQN": OFF_POLICY, "SAC": OFF_POLICY, "IQN": OFF_POLICY}


@pytest.fixture(autouse=True)
def _as_rejax_promotes():
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("env_id", ["LLMRouter-v0", "LLMRouter-v1"])
def test_it_trains(env_id, name):
    algorithm = getattr(rejax, name).create(
        env=env_id,
        env_params={"legacy": True, "episode_length": 20},
        total_timesteps=256,
        eval_freq=128,
        **ALGORITHMS[name],
    )
    _, (lengths, returns) = jax.jit(algorithm.train)(jax.random.key(0))
    assert returns.shape == (3, 128)
    assert np.isfinite(returns).all()
    assert (lengths == 20).all()
