"""A policy for fleets that it never saw: trained once, on random fleets, and shipped with the package."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from router_serving.policy import NetworkPolicy
from router_serving.policy_file import load_policy
from router_serving.shared_network import SharedNetwork

PRETRAINED = Path(__file__).parent / "pretrained.npz"
"""The policy that is shipped; made at commit 9fdb595 of this project by

python -m train.ppo --env LLMRouter-v1 --random-fleets 4096 --num-envs 4096 --total-timesteps 20000000
"""

Fleet = str | PathLike[str] | Sequence[str | Mapping[str, Any]]
"""A TOML file with a [[models]] table for each model, or the models themselves, or just their names."""


def pretrained(fleet: Fleet) -> NetworkPolicy:
    """Return the policy that was trained on random fleets of LLMRouter-v1, for this fleet; nothing is trained.

    What it knows of a model's price, speed and limits is in the observations: `docs/dynamics-v1.md` says how they are
    made. Raises what `for_fleet` raises.
    """
    policy = load_policy(PRETRAINED)
    assert isinstance(policy, NetworkPolicy)
    return for_fleet(policy, fleet)


def for_fleet(policy: NetworkPolicy, fleet: Fleet) -> NetworkPolicy:
    """Return a policy that was trained with `--network shared` for another fleet.

    Raises `FileNotFoundError` for a file that is not there, and `ValueError` for a fleet without models, for models
    without names or with the same one, and for a policy whose network has an output for each model of its own fleet.
    """
    if not isinstance(policy.network, SharedNetwork):
        raise ValueError(f"the policy routes to {', '.join(policy.model_names)} alone: train one with --network shared")
    models = _models(fleet)
    table, names = policy.network.table, [model["name"] for model in models]
    observation = (*(f"{feature} of {name}" for name in names for feature in table.features), *table.common)
    origin = replace(
        policy.origin,
        models=models,
        observation=observation,
        scales=(1.0,) * len(observation),
        time_of_day=_place(observation, "time of day"),
        budget=_place(observation, "budget"),
        numbers={},
    )
    return replace(policy, origin=origin)


def _place(observation: tuple[str, ...], name: str) -> int | None:
    return observation.index(name) if name in observation else None


def _models(fleet: Fleet) -> tuple[Mapping[str, Any], ...]:
    """Return each model as a table with at least a name."""
    what = "fleet"
    if isinstance(fleet, str | PathLike):
        what, path = str(fleet), Path(fleet)
        try:
            fleet = tomllib.loads(path.read_text(encoding="utf-8")).get("models", [])
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: not a TOML file: {error}") from None
    if not isinstance(fleet, Sequence) or not fleet:
        raise ValueError(f"{what} has no models; a fleet has a [[models]] table for each, or a name")
    models = tuple({"name": model} if isinstance(model, str) else model for model in fleet)
    names = [model.get("name") if isinstance(model, Mapping) else None for model in models]
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"{what} has a model whose name is {name!r}; it must be a non-empty string")
        if names.count(name) > 1:
            raise ValueError(f"{what} has the model {name!r} {names.count(name)} times; every name must be unique")
    return models
