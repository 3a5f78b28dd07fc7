"""The simulator as Gymnasium environments: one at a time, or thousands as one.

import gymnasium as gym
import gym_compat  # registers LLMRouter-v0 and LLMRouter-v1

env = gym.make("LLMRouter-v0", scenario="rush_hour")
envs = gym.make_vec("LLMRouter-v0", num_envs=2048)

`import gym_compat` imports Gymnasium only; the first environment, or the first name taken from here, imports JAX.
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING

import gymnasium

if TYPE_CHECKING:
    from gym_compat.reward import compute_reward
    from gym_compat.traffic import TrafficGenerator
    from gym_compat.v0.envs import LLMRouterEnv, LLMRouterVectorEnv
    from gym_compat.v1.envs import LLMRouterV1Env, LLMRouterV1VectorEnv
    from jax_router import DEFAULT_MODELS, SCENARIOS, ModelConfig, RewardConfig, Traffic

__all__ = [
    "DEFAULT_MODELS",
    "SCENARIOS",
    "LLMRouterEnv",
    "LLMRouterV1Env",
    "LLMRouterV1VectorEnv",
    "LLMRouterVectorEnv",
    "ModelConfig",
    "RewardConfig",
    "Traffic",
    "TrafficGenerator",
    "compute_reward",
]

_HOME = {
    "LLMRouterEnv": "gym_compat.v0.envs",
    "LLMRouterVectorEnv": "gym_compat.v0.envs",
    "LLMRouterV1Env": "gym_compat.v1.envs",
    "LLMRouterV1VectorEnv": "gym_compat.v1.envs",
    "TrafficGenerator": "gym_compat.traffic",
    "compute_reward": "gym_compat.reward",
}

# Gymnasium takes the lower of two versions for an old one; ours are two environments.
warnings.filterwarnings("ignore", r".*LLMRouter-v0 is out of date", DeprecationWarning)

# Without max_episode_steps: the environment truncates by itself, and `make` would add a second time limit.
gymnasium.register(
    id="LLMRouter-v0",
    entry_point="gym_compat.v0.envs:LLMRouterEnv",
    vector_entry_point="gym_compat.v0.envs:LLMRouterVectorEnv",
)
gymnasium.register(
    id="LLMRouter-v1",
    entry_point="gym_compat.v1.envs:LLMRouterV1Env",
    vector_entry_point="gym_compat.v1.envs:LLMRouterV1VectorEnv",
)


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "jax_router")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
