"""Importing `gym_compat` registers the environment and costs next to nothing; processes and plugins find it."""

import subprocess
import sys

import gymnasium as gym
import pytest


def run(code):
    return subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", code], capture_output=True, text=True)


def test_the_import_brings_no_jax():
    result = run("import sys, gym_compat; assert not {'jax', 'PIL', 'matplotlib', 'jax_router'} & sys.modules.keys()")
    assert result.returncode == 0, result.stderr


def test_making_an_environment_starts_no_backend():
    code = """
import gym_compat
env = gym_compat.LLMRouterEnv()
envs = gym_compat.LLMRouterVectorEnv(4)
from jax._src import xla_bridge
assert not xla_bridge.backends_are_initialized()
"""
    result = run(code)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["gym_compat:LLMRouter-v0", "LLMRouter-v0"])
def test_make_finds_it(name):
    code = f"import gymnasium as gym; print(gym.make({name!r}, episode_length=5).unwrapped.episode_length)"
    result = run(code if name.startswith("gym_compat") else f"import gym_compat; {code}")
    assert result.stdout == "5\n", result.stderr


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_gymnasium_s_own_processes_run_it(context):
    code = f"""
import gymnasium as gym, numpy as np
if __name__ == "__main__":
    processes = {{"vectorization_mode": "async", "vector_kwargs": {{"context": {context!r}}}}}
    envs = gym.make_vec("gym_compat:LLMRouter-v0", 2, **processes)
    observations, _ = envs.reset(seed=3)
    envs.step(np.array([1, 2]))
    alone = gym.make("gym_compat:LLMRouter-v0")
    np.testing.assert_array_equal(observations[1], alone.reset(seed=4)[0])
    envs.close()
    print("same")
"""
    result = run(code)
    assert result.stdout == "same\n", result.stderr


def test_there_is_no_second_time_limit():
    import gym_compat  # noqa: F401

    spec = gym.spec("LLMRouter-v0")
    assert spec.max_episode_steps is None
    env = gym.make("LLMRouter-v0")
    while env is not env.unwrapped:
        assert not isinstance(env, gym.wrappers.TimeLimit)
        env = env.env
