"""The simulator as Gymnasium environments: one at a time, or thousands as one.

import gymnasium as gym
import gym_compat  # registers LLMRouter-v0

env = gym.make("LLMRouter-v0", scenario="rush_hour")
envs = gym.make_vec("LLMRouter-v0", num_envs=2048)

`import gym_compat` imports Gymnasium only; the first environment, or the first name taken from here, imports JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING

import gymnasium

if TYPE_CHECKING:
    from gym_compat.v0.envs import LLMRouterEnv, LLMRouterVectorEnv
    from jax_router import DEFAULT_MODELS, SCENARIOS, ModelConfig, RewardConfig, Traffic

__all__ = [
    "DEFAULT_MODELS",
    "SCENARIOS",
    "LLMRouterEnv",
    "LLMRouterVectorEnv",
    "ModelConfig",
    "RewardConfig",
    "Traffic",
]

_HOME = dict.fromkeys(("LLMRouterEnv", "LLMRouterVectorEnv"), "gym_compat.v0.envs")

# max_episode_steps is not given: the environment truncates by itself, and `make` would add a second time limit.
gymnasium.register(
    id="LLMRouter-v0",
    entry_point="gym_compat.v0.envs:LLMRouterEnv",
    vector_entry_point="gym_compat.v0.envs:LLMRouterVectorEnv",
)


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "jax_router")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
