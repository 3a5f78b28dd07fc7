"""A pure-functional simulator of routing prompts across a fleet of language models, for JAX.

import jax, jax_router

obs, state = jax_router.reset(jax.random.key(0))
obs, state, reward, terminated, truncated, info = jax_router.step(state, 1, jax.random.key(1))
"""

from jax_router.policy import Policy, PolicyWithMemory
from jax_router.rollout import Episodes, Transition, run_episodes, run_steps
from jax_router.v0.env import State, observe, reset, step, transition
from jax_router.v0.fleet import DEFAULT_MODELS, Fleet, ModelConfig, load_models
from jax_router.v0.noise import Noise, draw_noise
from jax_router.v0.params import SCENARIOS, Params, make_params
from jax_router.v0.reward import Outcome, RewardConfig
from jax_router.v0.traffic import Prompt, Traffic

__all__ = [
    "DEFAULT_MODELS",
    "SCENARIOS",
    "Episodes",
    "Fleet",
    "ModelConfig",
    "Noise",
    "Outcome",
    "Params",
    "Policy",
    "PolicyWithMemory",
    "Prompt",
    "RewardConfig",
    "State",
    "Traffic",
    "Transition",
    "draw_noise",
    "load_models",
    "make_params",
    "observe",
    "reset",
    "run_episodes",
    "run_steps",
    "step",
    "transition",
]
