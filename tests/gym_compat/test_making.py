"""What Gymnasium's `make` and `make_vec` pass on, and processes that they start."""

import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

import gym_compat  # noqa: F401

ENVIRONMENTS = ("LLMRouter-v0", "LLMRouter-v1")
FORKED = """
import gymnasium as gym
import gym_compat

if __name__ == "__main__":
    gym.make("{env}").reset(seed=0)  # JAX is used in this process from here on
    try:
        gym.make_vec("{env}", num_envs=2, vectorization_mode="async", vector_kwargs={kwargs}).reset(seed=0)
    except RuntimeError as error:
        print(f"refused: {{error}}")
    else:
        print("works")
"""


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_time_limit_of_make_vec(env):
    envs = gym.make_vec(env, num_envs=3, max_episode_steps=4)
    envs.reset(seed=0)
    truncated = [bool(envs.step(np.ones(3, np.int64))[3].all()) for _ in range(4)]
    assert truncated == [False, False, False, True]
    longer = gym.make_vec(env, num_envs=1, max_episode_steps=50, episode_length=3)
    assert longer.unwrapped.episode_length == 3
    with pytest.raises(ValueError, match="max_episode_steps is 0; it must be a whole number at least 1"):
        gym.make_vec(env, num_envs=1, max_episode_steps=0)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_seed_of_numpy_s_is_a_seed(env):
    envs = gym.make_vec(env, num_envs=2)
    first, _ = envs.reset(seed=np.int64(3))
    np.testing.assert_array_equal(first, envs.reset(seed=3)[0])
    np.testing.assert_array_equal(first, envs.reset(seed=np.array([3, 4]))[0])
    single = gym.make(env)
    np.testing.assert_array_equal(single.reset(seed=np.int64(3))[0], single.reset(seed=3)[0])


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_infos_hold_arrays_of_numbers_only(env):
    def leaves(info):
        for value in info.values():
            yield from leaves(value) if isinstance(value, dict) else [value]

    envs = gym.make_vec(env, num_envs=2, autoreset_mode="SameStep", episode_length=3)
    envs.reset(seed=0)
    infos = [envs.step(np.array([0, 1]))[4] for _ in range(3)]
    assert {"final_obs", "final_info"} <= infos[-1].keys()
    assert all(leaf.dtype.kind in "fib" for info in infos for leaf in leaves(info))
    single = gym.make(env)
    single.reset(seed=0)
    assert all(value.dtype.kind in "fib" for value in single.step(0)[4].values())


def test_processes_that_are_forked_after_jax_say_so():
    script = FORKED.format(env="LLMRouter-v0", kwargs="{'context': 'fork'}")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "refused: this process was forked from one that has used JAX" in done.stdout
    assert 'context="spawn"' in done.stdout
