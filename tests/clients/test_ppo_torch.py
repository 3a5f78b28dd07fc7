"""The PPO of `examples/ppo_torch.py` learns on both environments."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

CLIENT = {
    "name": "PyTorch, by hand",
    "tried": "torch 2.13.0",
    "takes": '`gym.make_vec("LLMRouter-v0", num_envs=64, autoreset_mode="SameStep")`',
    "does": "`examples/ppo_torch.py`, PPO in one file",
}
EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "ppo_torch.py"))


@pytest.mark.parametrize("env_id", ["LLMRouter-v0", "LLMRouter-v1"])
def test_its_policy_is_better_than_chance(env_id):
    agent = EXAMPLE["train"](env_id, seed=0, total_timesteps=16_384, num_envs=64)
    by_chance = EXAMPLE["Agent"](len(agent.scale.mean), agent.actor[-1].out_features)
    with torch.no_grad():
        for parameter in by_chance.actor[-1].parameters():
            parameter.zero_()
        by_chance.actor[-1].bias[0] = 1.0  # always the first model, the dearest
    learned, dear = (EXAMPLE["evaluate"](one, env_id, num_episodes=16) for one in (agent, by_chance))
    assert np.isfinite(learned)
    assert learned > dear + 20


def test_running_scale_is_that_of_all_rows():
    rows = np.random.default_rng(0).normal(3.0, 2.0, (90, 4))
    scale = EXAMPLE["RunningScale"]((4,))
    for part in np.split(rows, 9):
        scale.update(part)
    np.testing.assert_allclose(scale.mean, rows.mean(0), rtol=1e-4)
    np.testing.assert_allclose(scale.std, rows.std(0), rtol=1e-4)
