"""The scenarios of this environment, and how one of them becomes parameters: checked once, here."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Unpack

import numpy as np

from jax_router.internal.arrays import constant
from jax_router.v1.arrivals import Arrivals
from jax_router.v1.endpoint import Engines
from jax_router.v1.fleet import DEFAULT_MODELS, UNLIMITED, Fleet, ModelConfig, check_models
from jax_router.v1.params import Params
from jax_router.v1.problem import Problem, load_problem
from jax_router.v1.quality import Quality, QualityTable
from jax_router.v1.reward import RewardConfig, RewardWeights
from jax_router.v1.settings import GivenSettings, Settings, given_settings
from jax_router.v1.simulator import SIMULATOR
from jax_router.v1.traffic import Traffic

REPLAY = "replay"
"""The scenario of a trace's own gaps and lengths."""

_SETTINGS = {
    "default": Settings(),
    "roomy": Settings(),
    "bursts": Settings(rate=9.0, burst_std=0.0, load_amplitude=0.0, pause_prob=0.01, pause_mean=15.0),
    "outages": Settings(),
    "sessions": Settings(follow_up=0.6),
    "tight_budget": Settings(budget=0.8),
    REPLAY: Settings(rate=1.1),
}
_ROOM = 20
"""How many times as large the rate limits of `roomy` are."""

SCENARIOS = tuple(_SETTINGS)
"""The names that `make_params` knows."""


def make_params(
    scenario: str = "default",
    models: Sequence[ModelConfig] | None = None,
    reward: RewardConfig | None = None,
    traffic: Traffic | None = None,
    *,
    quality: QualityTable | None = None,
    problem: str | PathLike[str] | Problem | None = None,
    **settings: Unpack[GivenSettings],
) -> Params:
    """Build the parameters of a scenario; whatever is given replaces what the scenario says.

    Args:
        scenario: one of `SCENARIOS`; `replay` needs a `traffic` that replays a trace.
        models: the fleet, in the order of the actions. Default: `DEFAULT_MODELS`. The scenarios `roomy` and `outages`
            change rate limits and outages of any fleet.
        reward: the weights of the reward, all of them.
        traffic: lengths and load, such as `Traffic.from_trace(path)`; where it is of a trace, the arrivals are the
            trace's, too, except for what `settings` say. Default: `Traffic.synthetic(lengths, load_amplitude)`.
        quality: measured shares of good answers in place of the models' scores.
        problem: a folder that `python -m jax_router.fit` wrote, or such a problem that was read already: the fleet,
            traffic, qualities, reward and settings are its own, except for what else is given; the scenario is default.
        settings: any field of `jax_router.v1.settings.Settings`, such as `episode_length` (prompts) and `budget` (USD).

    Returns:
        Params whose leaves are NumPy arrays: nothing here starts a JAX backend.

    Raises:
        TypeError: for a keyword that is none of these.
        OSError: where the problem cannot be opened.
        ValueError: one line that names the field, the value and what is allowed.
    """
    given = given_settings(settings)
    if problem is not None:
        if scenario != "default":
            raise ValueError(f"scenario is {scenario!r}; a problem is one by itself: leave the scenario out")
        read = problem if isinstance(problem, Problem) else load_problem(problem)
        # Traffic that is given brings its own arrivals.
        own = read.settings if traffic is None else {k: v for k, v in read.settings.items() if k not in _ARRIVALS}
        given = given_settings({**own, **given})  # type: ignore[typeddict-item]  # the problem's were checked
        names = read.model_names if models is None else tuple(model.name for model in check_models(models))
        quality = read.quality if quality is None and names == read.model_names else quality
        models = read.models if models is None else models
        reward = read.reward if reward is None else reward
        traffic = read.traffic if traffic is None else traffic
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario is {scenario!r}; the known ones are {', '.join(SCENARIOS)}")
    if reward is not None and not isinstance(reward, RewardConfig):
        raise ValueError(f"reward is {reward!r}; it must be a RewardConfig")
    if traffic is not None and not isinstance(traffic, Traffic):
        raise ValueError(f"traffic is {traffic!r}; it must be a Traffic, such as Traffic.from_trace(path)")
    if traffic is not None:
        for name in {"lengths", "load_amplitude"} & given.keys():
            raise ValueError(f"{name} shapes the synthetic traffic; leave it out when traffic is given")
    if scenario == REPLAY and (traffic is None or not traffic.replays):
        raise ValueError("scenario is 'replay'; it needs a trace: traffic=Traffic.from_trace(path)")
    preset = _SETTINGS[scenario]
    of_trace = {} if traffic is None or scenario == REPLAY else dict(traffic.settings)
    numbers = replace(preset, **(of_trace | given))
    if traffic is None:
        traffic = Traffic.synthetic(numbers.lengths, numbers.load_amplitude)
    models = _of_scenario(scenario, check_models(DEFAULT_MODELS if models is None else models))
    return _assemble(numbers, models, reward or RewardConfig(), traffic, quality)


def _assemble(
    numbers: Settings,
    models: tuple[ModelConfig, ...],
    reward: RewardConfig,
    traffic: Traffic,
    table: QualityTable | None,
) -> Params:
    lengths = traffic.lengths
    fleet = Fleet.from_models(models, float(lengths.mean_input), float(lengths.mean_output))
    quality = Quality.gaussian(fleet.quality_score, numbers.beta, numbers.rho, numbers.kappa)
    if table is not None:
        quality, fleet = _measured(table, fleet)
    return Params(
        fleet=fleet,
        engines=Engines.from_models(models, lengths, np.asarray(fleet.request_limit), np.asarray(fleet.token_limit)),
        traffic=replace(traffic, settings=()),
        arrivals=_arrivals(numbers, traffic),
        quality=quality,
        reward=RewardWeights.from_config(reward),
        follow_up=constant(numbers.follow_up),
        sessions=constant(numbers.sessions),
        patience=constant(numbers.patience),
        retry_delay=constant(numbers.retry_delay),
        episode_length=constant(numbers.episode_length, np.int32),
        budget=constant(numbers.budget),
        simulator=SIMULATOR,
    )


def _of_scenario(scenario: str, models: tuple[ModelConfig, ...]) -> tuple[ModelConfig, ...]:
    if scenario == "roomy":
        return tuple(replace(model, rpm=_roomy(model.rpm), tpm=_roomy(model.tpm)) for model in models)
    if scenario == "outages":
        return tuple(replace(model, mtbf=600, mttr=60) for model in models)
    return models


def _roomy(limit: float | None) -> float | None:
    return None if limit is None else min(_ROOM * limit, UNLIMITED)


def _measured(table: QualityTable, fleet: Fleet) -> tuple[Quality, Fleet]:
    if not isinstance(table, QualityTable):
        raise ValueError(f"quality is {table!r}; it must be a QualityTable")
    if len(table.means) != fleet.num_models:
        raise ValueError(f"quality has {len(table.means)} models; this fleet has {fleet.num_models}")
    return Quality.from_table(table), replace(fleet, quality_score=constant(table.means))


_ARRIVALS = ("rate", "burst_std", "burst_time", "pause_prob", "pause_mean")
"""Settings that a trace tells, too."""


def _arrivals(numbers: Settings, traffic: Traffic) -> Arrivals:
    rows = traffic.rows
    unit_rate = 1.0 if rows is None else 1 / max(float(np.asarray(rows)[:, 3].mean()), 1e-9)
    names = (*_ARRIVALS, "day_seconds")
    return Arrivals(unit_rate=constant(unit_rate), **{name: constant(getattr(numbers, name)) for name in names})


DEFAULT = make_params()
"""The `default` scenario with the five preset models, as NumPy arrays."""
