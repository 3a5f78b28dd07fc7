"""TorchRL reads observations, rewards and infos, of one environment and of vectors."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.wrappers.vector import NumpyToTorch
from torchrl.envs import GymEnv, GymWrapper
from torchrl.envs.utils import check_env_specs

CLIENT = {
    "name": "TorchRL",
    "tried": "torchrl 0.14.1",
    "takes": '`GymEnv("gym_compat:LLMRouter-v0")`; `GymWrapper(gym.make_vec(..., autoreset_mode="SameStep"))`',
    "does": "`check_env_specs`, `frame_skip`, `num_envs`, `auto_register_info_dict`",
}
IDS = ("gym_compat:LLMRouter-v0", "gym_compat:LLMRouter-v1")


@pytest.mark.parametrize("env_id", IDS)
def test_one_environment_with_its_info(env_id):
    env = GymEnv(env_id, episode_length=12).auto_register_info_dict()
    check_env_specs(env)
    seen = env.rollout(5)["next"]
    assert seen["reward"].shape == (5, 1)
    assert torch.isfinite(seen["cost"]).all()
    assert seen["model"].dtype == torch.int32


@pytest.mark.parametrize("env_id", IDS)
def test_frame_skip_is_torchrls_own(env_id):
    env = GymEnv(env_id, frame_skip=2)
    check_env_specs(env)
    size = gym.make(env_id).observation_space.shape[0]
    assert env.rollout(3)["next", "observation"].shape == (3, size)


@pytest.mark.parametrize("env_id", IDS)
def test_a_vector_whose_environments_begin_anew_at_once(env_id):
    env = GymWrapper(gym.make_vec(env_id, num_envs=2, episode_length=4, autoreset_mode="SameStep"))
    check_env_specs(env)
    seen = env.rollout(10, break_when_any_done=False)["next"]
    assert seen["truncated"].sum() > 0
    assert seen["sla_violated"].dtype == torch.bool


@pytest.mark.parametrize("env_id", IDS)
def test_num_envs_starts_processes(env_id):
    env = GymEnv(env_id, num_envs=2, episode_length=4)
    check_env_specs(env)
    env.close()


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_gymnasiums_numpy_to_torch(env_id, mode):
    envs = NumpyToTorch(gym.make_vec(env_id, num_envs=2, episode_length=3, autoreset_mode=mode))
    envs.reset(seed=0)
    for _ in range(7):
        observation, reward, *_, info = envs.step(torch.tensor([0, 1]))
    assert isinstance(observation, torch.Tensor)
    assert reward.dtype == torch.float32
    assert info["cost"].dtype == torch.float32
    assert np.isfinite(observation.numpy()).all()
