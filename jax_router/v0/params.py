"""Everything a step depends on besides state, action and chance: checked once, here, and then plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import jax
import numpy as np
from flax import struct

from jax_router.internal.arrays import constant, constant_struct
from jax_router.internal.checks import check_number, check_whole_number
from jax_router.v0.congestion import Congestion
from jax_router.v0.fleet import DEFAULT_MODELS, Fleet, ModelConfig
from jax_router.v0.quality import Difficulty
from jax_router.v0.reward import RewardConfig, RewardWeights
from jax_router.v0.traffic import Traffic


@struct.dataclass
class Params:
    """One routing problem as a pytree of arrays; only the number of models N is static.

    It may be traced, stacked and mapped over (`jax.vmap`), and differentiated through.
    """

    fleet: Fleet
    traffic: Traffic
    congestion: Congestion
    difficulty: Difficulty
    reward: RewardWeights
    episode_length: jax.Array  # () int32, prompts
    budget: jax.Array  # () float32, USD an episode
    steps_per_day: jax.Array  # () float32, prompts a day

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.fleet.num_models

    @property
    def max_steps_in_episode(self) -> jax.Array:
        """gymnax's name for `episode_length`, () int32, prompts."""
        return self.episode_length


@dataclass(frozen=True)
class Settings:
    """The numbers of DYNAMICS.md that are not a property of a model, of the traffic or of the reward."""

    episode_length: int = 1000  # prompts
    budget: float = 10.0  # USD an episode
    max_queue_depth: float = 50.0  # requests
    arrival_mean: float = 2.0  # requests a prompt
    drain_low: float = 0.90
    drain_high: float = 0.98
    slowdown: float = 2.0
    length_weight: float = 1.0
    load_amplitude: float = 0.5
    steps_per_day: float = 1440.0  # prompts a day
    gap_floor: float = -1.0
    gap_slope: float = 6.7


_SCENARIOS = {
    "default": (Settings(), RewardConfig()),
    "reference": (
        Settings(slowdown=0.0, length_weight=0.0, load_amplitude=0.0, gap_floor=0.5, gap_slope=0.5),
        RewardConfig(),
    ),
    "rush_hour": (Settings(slowdown=4.0, load_amplitude=0.9), RewardConfig()),
    "tight_budget": (Settings(budget=1.5), RewardConfig()),
    "overnight_batch": (Settings(budget=6.0), RewardConfig(sla_threshold=10.0)),
}

SCENARIOS = tuple(_SCENARIOS)
"""The names that `make_params` knows."""


def make_params(
    scenario: str = "default",
    models: Sequence[ModelConfig] | None = None,
    reward: RewardConfig | None = None,
    traffic: Traffic | None = None,
    *,
    episode_length: int | None = None,
    budget: float | None = None,
    max_queue_depth: float | None = None,
    arrival_mean: float | None = None,
    drain_low: float | None = None,
    drain_high: float | None = None,
    slowdown: float | None = None,
    length_weight: float | None = None,
    load_amplitude: float | None = None,
    steps_per_day: float | None = None,
    gap_floor: float | None = None,
    gap_slope: float | None = None,
) -> Params:
    """Build the parameters of a scenario; whatever is given replaces what the scenario says.

    Args:
        scenario: one of `SCENARIOS`.
        models: the fleet, in the order of the actions. Default: `DEFAULT_MODELS`.
        reward: the weights of the reward, all of them: the scenario's own weights no longer count.
        traffic: prompts and load, such as `Traffic.from_trace(path)`. Default: `Traffic.synthetic(load_amplitude)`.
        episode_length: prompts an episode, at least 1.
        budget: USD an episode, above 0.
        max_queue_depth: requests, above 0.
        arrival_mean: requests that join a queue with a mean prompt at mean load, at least 0.
        drain_low: smallest share of a queue left after a step, 0 .. `drain_high`.
        drain_high: largest such share, `drain_low` .. 1.
        slowdown: a full queue multiplies latency by 1 + slowdown; at least 0.
        length_weight: 1 where arrivals scale with the prompt's length, 0 where they do not.
        load_amplitude: of the synthetic load around its mean of 1, 0 .. 1.
        steps_per_day: prompts a simulated day, at least 1.
        gap_floor: the quality gap at complexity 0 (cut off at 0), any number.
        gap_slope: how the gap grows with complexity, at least 0.

    Returns:
        Params whose leaves are NumPy arrays: nothing here starts a JAX backend.

    Raises:
        ValueError: one line that names the field, the value and what is allowed.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario is {scenario!r}; the known ones are {', '.join(SCENARIOS)}")
    if traffic is not None and load_amplitude is not None:
        raise ValueError("load_amplitude shapes the synthetic traffic; leave it out when traffic is given")
    if traffic is not None and not isinstance(traffic, Traffic):
        raise ValueError(f"traffic is {traffic!r}; it must be a Traffic, such as Traffic.from_trace(path)")
    if reward is not None and not isinstance(reward, RewardConfig):
        raise ValueError(f"reward is {reward!r}; it must be a RewardConfig")
    given = {name: value for name, value in locals().items() if name in _SETTING_NAMES and value is not None}
    preset, preset_reward = _SCENARIOS[scenario]
    settings = _checked(replace(preset, **given))
    return Params(
        fleet=Fleet.from_models(DEFAULT_MODELS if models is None else models),
        traffic=Traffic.synthetic(settings.load_amplitude) if traffic is None else traffic,
        congestion=constant_struct(Congestion, settings),
        difficulty=constant_struct(Difficulty, settings),
        reward=RewardWeights.from_config(preset_reward if reward is None else reward),
        episode_length=constant(settings.episode_length, np.int32),
        budget=constant(settings.budget),
        steps_per_day=constant(settings.steps_per_day),
    )


_SETTING_NAMES = {field.name for field in fields(Settings)}


def _checked(settings: Settings) -> Settings:
    check_whole_number("episode_length", settings.episode_length, at_least=1)
    for name in ("budget", "max_queue_depth"):
        check_number(name, getattr(settings, name), above=0)
    for name in ("arrival_mean", "slowdown", "gap_slope"):
        check_number(name, getattr(settings, name), at_least=0)
    check_number("gap_floor", settings.gap_floor)
    check_number("steps_per_day", settings.steps_per_day, at_least=1)
    check_number("length_weight", settings.length_weight, at_least=0, at_most=1)
    for name in ("drain_low", "drain_high"):
        check_number(name, getattr(settings, name), at_least=0, at_most=1)
    if settings.drain_low > settings.drain_high:
        raise ValueError(f"drain_low is {settings.drain_low:g}; it must be at most drain_high, {settings.drain_high:g}")
    return settings


def without_budget(params: Params) -> Params:
    """The same problem, with a budget that no cost can be told from in float32."""
    return replace(params, budget=constant(1e30))
