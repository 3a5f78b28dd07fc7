"""LLMRouter-v1: tokens, prices per token, batching endpoints, rate limits and outages. See `docs/dynamics-v1.md`."""

from jax_router.v1 import budgeting, observation, random_fleets, strategies, tuning
from jax_router.v1.defaults import observe, reset, run_episodes, run_steps, step, transition
from jax_router.v1.env import State
from jax_router.v1.fleet import DEFAULT_MODELS, Fleet, ModelConfig, check_models, load_models
from jax_router.v1.lengths import LengthTables, lognormal, tables_from
from jax_router.v1.noise import Noise, draw_noise
from jax_router.v1.params import Params
from jax_router.v1.problem import Problem, load_problem
from jax_router.v1.quality import QualityTable
from jax_router.v1.reward import Outcome, RewardConfig
from jax_router.v1.scenarios import SCENARIOS, make_params
from jax_router.v1.simulator import SIMULATOR
from jax_router.v1.traffic import Prompt, Traffic

MIXTURES_INTERPOLATE = False
"""A model that gets more prompts than it accepts sends the others to its fallback, or loses them."""

__all__ = [
    "DEFAULT_MODELS",
    "MIXTURES_INTERPOLATE",
    "SCENARIOS",
    "SIMULATOR",
    "Fleet",
    "LengthTables",
    "ModelConfig",
    "Noise",
    "Outcome",
    "Params",
    "Problem",
    "Prompt",
    "QualityTable",
    "RewardConfig",
    "State",
    "Traffic",
    "budgeting",
    "check_models",
    "draw_noise",
    "load_models",
    "load_problem",
    "lognormal",
    "make_params",
    "observation",
    "observe",
    "random_fleets",
    "reset",
    "run_episodes",
    "run_steps",
    "step",
    "strategies",
    "tables_from",
    "transition",
    "tuning",
]
