"""A pure-functional simulator of routing prompts across a fleet of language models, for JAX.

import jax, jax_router

obs, state = jax_router.reset(jax.random.key(0))
obs, state, reward, terminated, truncated, info = jax_router.step(state, 1, jax.random.key(1))
"""

from jax_router.episodes import Episodes
from jax_router.policy import Policy, PolicyWithMemory
from jax_router.simulator import Simulator, Transition
from jax_router.v0 import (
    DEFAULT_MODELS,
    SCENARIOS,
    Fleet,
    ModelConfig,
    Noise,
    Outcome,
    Params,
    Prompt,
    RewardConfig,
    State,
    Traffic,
    draw_noise,
    load_models,
    make_params,
    observe,
    reset,
    run_episodes,
    run_steps,
    step,
    transition,
)

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
    "Simulator",
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
