"""The scenarios of this environment, and how one of them becomes parameters: checked once, here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from jax_router.internal.arrays import constant, constant_struct
from jax_router.v0.congestion import Congestion
from jax_router.v0.fleet import DEFAULT_MODELS, Fleet, ModelConfig
from jax_router.v0.params import Params
from jax_router.v0.quality import Difficulty
from jax_router.v0.reward import RewardConfig, RewardWeights
from jax_router.v0.settings import GivenSettings, Settings
from jax_router.v0.simulator import SIMULATOR
from jax_router.v0.traffic import Traffic, check_traffic

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

LARGEST_SUM = 1e38
"""Reward, USD or s of an episode; float32 ends at 3.4e38."""
LARGEST_DEVIATION = 10.0
"""Standard deviations of a latency above its mean that do not come in practice."""

SCENARIOS = tuple(_SCENARIOS)
"""The names that `make_params` knows."""


def make_params(
    scenario: str = "default",
    models: Sequence[ModelConfig] | None = None,
    reward: RewardConfig | None = None,
    traffic: Traffic | None = None,
    **settings: Unpack[GivenSettings],
) -> Params:
    """Build the parameters of a scenario; whatever is given replaces what the scenario says.

    Args:
        scenario: one of `SCENARIOS`.
        models: the fleet, in the order of the actions. Default: `DEFAULT_MODELS`.
        reward: the weights of the reward, all of them: the scenario's own weights no longer count.
        traffic: prompts and load, such as `Traffic.from_trace(path)`. Default: `Traffic.synthetic(load_amplitude)`.
        settings: any field of `jax_router.v0.settings.Settings`, such as `episode_length` (prompts) and `budget` (USD).

    Returns:
        Params whose leaves are NumPy arrays: nothing here starts a JAX backend.

    Raises:
        TypeError: for a keyword that is none of these.
        ValueError: one line that names the field, the value and what is allowed.
    """
    for name in settings:
        if name not in GivenSettings.__annotations__:
            raise TypeError(f"make_params() got an unexpected keyword argument {name!r}")
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario is {scenario!r}; the known ones are {', '.join(SCENARIOS)}")
    given: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    if traffic is not None and "load_amplitude" in given:
        raise ValueError("load_amplitude shapes the synthetic traffic; leave it out when traffic is given")
    if reward is not None and not isinstance(reward, RewardConfig):
        raise ValueError(f"reward is {reward!r}; it must be a RewardConfig")
    preset, preset_reward = _SCENARIOS[scenario]
    numbers = replace(preset, **given)
    weights = preset_reward if reward is None else reward
    fleet = Fleet.from_models(DEFAULT_MODELS if models is None else models)
    _check_sums(fleet, weights, numbers)
    return Params(
        simulator=SIMULATOR,
        fleet=fleet,
        traffic=Traffic.synthetic(numbers.load_amplitude) if traffic is None else check_traffic(traffic),
        congestion=constant_struct(Congestion, numbers),
        difficulty=constant_struct(Difficulty, numbers),
        reward=RewardWeights.from_config(weights),
        episode_length=constant(numbers.episode_length, np.int32),
        budget=constant(numbers.budget),
        steps_per_day=constant(numbers.steps_per_day),
    )


def _check_sums(fleet: Fleet, weights: RewardConfig, numbers: Settings) -> None:
    """Raise a `ValueError` where an episode could add up to more than float32 holds, though each number is one."""
    latency = np.asarray(fleet.latency_mean, np.float64) + LARGEST_DEVIATION * np.asarray(fleet.latency_std, np.float64)
    slowest = float(latency.max()) * (1 + numbers.slowdown)
    dearest = float(np.asarray(fleet.cost_per_call).max())
    for name, weight, quantity, unit in (
        ("cost_weight", weights.cost_weight, dearest, "USD"),
        ("latency_penalty", weights.latency_penalty, slowest, "s"),
        ("quality_weight", weights.quality_weight, 1.0, "of quality"),
        ("quality_miss_penalty", weights.quality_miss_penalty, 1.0, "of quality"),
    ):
        # The quantity is summed up by itself, too.
        total = max(float(weight), 1.0) * quantity * numbers.episode_length
        if total > LARGEST_SUM:
            raise ValueError(
                f"{name} is {weight:g}; with up to {quantity:g} {unit} a prompt, an episode of "
                f"{numbers.episode_length:g} prompts may add up to more than float32 can hold"
            )


DEFAULT = make_params()
"""The `default` scenario with the five preset models, as NumPy arrays."""
