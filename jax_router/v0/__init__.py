"""LLMRouter-v0: queues, prompts of a length and a complexity, one price a call. See `docs/dynamics.md`."""

from jax_router.v0 import budgeting, observation, strategies, tuning
from jax_router.v0.defaults import observe, reset, run_episodes, run_steps, step, transition
from jax_router.v0.env import State
from jax_router.v0.fleet import DEFAULT_MODELS, Fleet, ModelConfig, check_models, load_models
from jax_router.v0.noise import Noise, draw_noise
from jax_router.v0.params import Params
from jax_router.v0.reward import Outcome, RewardConfig
from jax_router.v0.scenarios import SCENARIOS, make_params
from jax_router.v0.simulator import SIMULATOR
from jax_router.v0.traffic import Prompt, Traffic

random_fleets = None  # models cannot be absent here

MIXTURES_INTERPOLATE = True
"""A call's price and its quality depend on the prompt and the model alone."""

__all__ = [
    "DEFAULT_MODELS",
    "MIXTURES_INTERPOLATE",
    "SCENARIOS",
    "SIMULATOR",
    "Fleet",
    "ModelConfig",
    "Noise",
    "Outcome",
    "Params",
    "Prompt",
    "RewardConfig",
    "State",
    "Traffic",
    "budgeting",
    "check_models",
    "draw_noise",
    "load_models",
    "make_params",
    "observation",
    "observe",
    "random_fleets",
    "reset",
    "run_episodes",
    "run_steps",
    "step",
    "strategies",
    "transition",
    "tuning",
]
