"""A trained policy as one file, and back, with NumPy alone.

The file is a `.npz` archive of plain arrays (nothing is ever unpickled):

- `header`: () string, JSON: `format` ("jax-router-policy"), `version` (4), `kind` ("plain" or "priced"), `activation`,
  and `origin`, the fields of `router_serving.Origin`: `environment`, `scenario`, `models` (the fleet in the order of
  the actions), `observation` (what each number of it is), `scales` (what each is divided by), `time_of_day` and
  `budget` (which of the numbers they are), and `numbers` (whatever else it was made with; older files lack it).
- `observation_mean`, `observation_scale`: (D,) float32; the network sees `clip((observation - mean) / scale, -10, 10)`.
- `kernel_0`, `bias_0`, `kernel_1`, ...: the layers of the actor, (inputs, outputs) and (outputs,) float32. Every layer
  but the last is followed by the activation; the action is the argmax of the last.
- A network that treats all models alike: `version` is 5, and the header has `network` ("shared"), `features` and
  `common`, what an observation is made of, and `terms`, the fields of `router_serving.shared_network.RewardTerms`.
  Instead of the normaliser there are `embedding_kernel`, (K, E), `embedding_bias`, (E,), `scarcity_prices`, (3,), and
  `scale`, (); the layers are those of its correction.
- A priced policy has further arrays, all float32: `plan_prices`, (K,), rising, from the lowest to the highest price
  that it was trained for, reward per USD; `plan_cost`, (K, H), what a mean prompt costs at each of these prices in each
  H-th part of the day, USD; `prompts_per_day`, (), prompts a day while that was measured; `mean_costs`, (N,), what a
  mean prompt costs at each model, USD; and `load`, (L,), mean 1, the load over the day. Its network sees one more
  number, the natural logarithm of the price, and 1 in the place of the budget.
- An index policy has no network: `version` is 5, `kind` is "index", and instead of `activation` the header has `price`,
  reward per USD. Its arrays are those of a plan and, all float32, `index_NAME` for every field NAME of
  `router_serving.index_policy.IndexTables`.

Versions 1 (plain) and 3 (priced) had `model_names` and `scenario` in their header and `cost_per_call` for `mean_costs`;
they are still read.
"""

import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from router_serving.files import write_new
from router_serving.index_policy import IndexPolicy, IndexTables, checked_tables
from router_serving.network_file import array_names, network_as_arrays, network_from_arrays
from router_serving.pacing import Plan, make_plan
from router_serving.policy import NetworkPolicy, Origin, Policy
from router_serving.priced_policy import PricedNetwork, PricedPolicy

FORMAT = "jax-router-policy"
VERSION, NEWEST = 4, 5
OLDER_PLAIN, OLDER_PRICED = 1, 3
PRICED_ARRAYS = ("plan_prices", "plan_cost", "prompts_per_day", "mean_costs", "load")
INDEX = "index_"
"""What the names of an index policy's own arrays begin with."""


def save_policy(path: str | PathLike[str], policy: Policy) -> None:
    """Write a policy file. Raises `FileExistsError` where there is something already: nothing is overwritten."""
    header: dict[str, Any] = {"format": FORMAT, "version": VERSION, "origin": asdict(policy.origin)}
    arrays: dict[str, Any] = {}
    if isinstance(policy, PricedPolicy):
        plan = policy.plan
        arrays |= {"plan_prices": plan.prices, "plan_cost": plan.cost.T, "load": plan.load}
        arrays |= {"prompts_per_day": np.asarray(plan.prompts_per_day), "mean_costs": policy.mean_costs}
    if isinstance(policy, IndexPolicy):
        header |= {"version": NEWEST, "kind": "index", "price": policy.price}
        arrays |= {INDEX + name: table for name, table in policy.tables._asdict().items()}
    elif isinstance(policy, NetworkPolicy):
        described, of_network = network_as_arrays(policy.network)
        header |= described | {"kind": "priced" if isinstance(policy, PricedNetwork) else "plain"}
        header |= {"version": NEWEST} if "network" in described else {}
        arrays |= of_network
    arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    text = np.array(json.dumps(header))
    write_new(Path(path), lambda file: np.savez(file, allow_pickle=False, header=text, **arrays))


def load_policy(path: str | PathLike[str]) -> Policy:
    """Read a policy file, or the `policy.npz` of a run directory.

    Raises `FileNotFoundError` where there is none, and `ValueError` for a file that is damaged, of another format, or
    written by a newer version.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "policy.npz"
    arrays = _read_arrays(path)
    header = _checked_header(path, arrays)
    if header["kind"] == "index":
        return _index_policy(path, header, arrays)
    priced = header["kind"] == "priced"
    _check_arrays(path, arrays, {"header", *array_names(header, arrays), *(PRICED_ARRAYS if priced else ())})
    try:
        models = header["origin"].get("models")
        network = network_from_arrays(header, arrays, len(models) if isinstance(models, list) else 0, priced)
    except ValueError as error:
        raise ValueError(f"{path}: damaged policy file: {error}") from None
    origin = _origin(path, header, lambda num_models: network.num_inputs(num_models) - priced)
    policy = NetworkPolicy(origin, network)
    if not priced:
        return policy
    return PricedNetwork(**vars(policy), plan=_plan(path, origin, arrays), mean_costs=arrays["mean_costs"])


def load_priced_policy(path: str | PathLike[str]) -> PricedPolicy:
    """Read a priced policy as `load_policy` does. Raises `ValueError` also for a policy that is not priced."""
    policy = load_policy(path)
    if not isinstance(policy, PricedPolicy):
        raise ValueError(f"{path}: that policy was trained without --priced")
    return policy


def _index_policy(path: Path, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> IndexPolicy:
    names = [INDEX + name for name in IndexTables._fields]
    _check_arrays(path, arrays, {"header", *PRICED_ARRAYS, *names})
    tables, price = IndexTables(*(arrays[name] for name in names)), header.get("price")
    try:
        checked_tables(tables)
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < np.inf:
            raise ValueError(f"its price is {price!r}")
    except ValueError as error:
        raise ValueError(f"{path}: damaged policy file: {error}") from None
    origin = _origin(path, header, lambda num_models: num_models + 4)
    if len(origin.models) != len(tables.costs):
        raise ValueError(f"{path}: damaged policy file: its tables do not fit its {len(origin.models)} models")
    return IndexPolicy(origin, _plan(path, origin, arrays), arrays["mean_costs"], tables, float(price))


def _plan(path: Path, origin: Origin, arrays: dict[str, np.ndarray]) -> Plan:
    """Return the plan of a priced router, after checking it and the mean costs."""
    prices, cost, prompts_per_day, costs, load = (arrays[name] for name in PRICED_ARRAYS)
    if prices.ndim != 1 or len(prices) < 2 or prices[0] <= 0 or (np.diff(prices) <= 0).any():
        raise ValueError(f"{path}: damaged policy file: plan_prices is not a rising series of prices")
    if (
        cost.ndim != 2
        or len(cost) != len(prices)
        or not cost.size
        or (cost < 0).any()
        or (np.diff(cost, axis=0) > 0).any()
    ):
        raise ValueError(f"{path}: damaged policy file: plan_cost does not fall with plan_prices")
    if prompts_per_day.shape != () or prompts_per_day <= 0:
        raise ValueError(f"{path}: damaged policy file: prompts_per_day is {prompts_per_day}")
    if costs.shape != (len(origin.models),) or (costs < 0).any():
        raise ValueError(f"{path}: damaged policy file: mean_costs does not fit its models")
    if load.ndim != 1 or not load.size or (load < 0).any():
        raise ValueError(f"{path}: damaged policy file: load is no table")
    if origin.time_of_day is None:
        raise ValueError(f"{path}: damaged policy file: its observation has no time of day, which pacing needs")
    return make_plan(prices, cost, load, float(prompts_per_day))


def _origin(path: Path, header: dict[str, Any], inputs: Callable[[int], int]) -> Origin:
    """Return the origin in the header; `inputs` says how many numbers an observation of N models has."""
    given = header["origin"]
    try:
        models = tuple(given["models"])
        origin = Origin(
            environment=given["environment"],
            scenario=given["scenario"],
            models=models,
            observation=tuple(given["observation"]),
            scales=tuple(float(scale) for scale in given["scales"]),
            time_of_day=given["time_of_day"],
            budget=given["budget"],
            numbers={name: tuple(map(float, values)) for name, values in given.get("numbers", {}).items()},
        )
        observation_size = inputs(len(models))
        texts = [origin.environment, origin.scenario, *origin.model_names, *origin.observation]
        sizes = {len(origin.observation), len(origin.scales)} - {0, observation_size}
        places = [place for place in (origin.time_of_day, origin.budget) if place is not None]
        good = all(isinstance(text, str) for text in texts) and not sizes
        good &= all(isinstance(place, int) and 0 <= place < observation_size for place in places)
        good &= all(math.isfinite(number) for values in origin.numbers.values() for number in values)
    except (AttributeError, KeyError, TypeError, ValueError):
        good = False
    if not good:
        raise ValueError(f"{path}: damaged policy file: its header does not say what it was trained on")
    return origin


def _origin_of_older(header: dict[str, Any], priced: bool) -> dict[str, Any]:
    """Make the origin that files of versions 1 and 3 lack: their observations ended with time of day and budget."""
    names = header["model_names"]
    is_router = header["scenario"] in ("default", "reference", "rush_hour", "tight_budget", "overnight_batch")
    known = priced or is_router
    return {
        "environment": "LLMRouter-v0" if known else header["scenario"],
        "scenario": header["scenario"],
        "models": [{"name": name} for name in names],
        "observation": [],
        "scales": [],
        "time_of_day": len(names) + 2 if known else None,
        "budget": len(names) + 3 if known else None,
    }


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        # Opened here, because np.load leaves a damaged file open.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("not an archive")
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, KeyError, OSError, zipfile.BadZipFile) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path}: not a policy file, or a damaged one: {error}") from None


def _checked_header(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the header in this version's form, and rename the arrays of an older file as this version does."""
    try:
        header = json.loads(str(arrays["header"]))
        found, version = header["format"], header["version"]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: not a policy file: it has no header of the format {FORMAT!r}") from None
    if found != FORMAT:
        raise ValueError(f"{path}: its format is {found!r}; a policy file's is {FORMAT!r}")
    if version not in (NEWEST, VERSION, OLDER_PLAIN, OLDER_PRICED):
        # Version 2 was that of a pacer which is gone; whatever is newer, a newer program reads.
        older = isinstance(version, int) and version < VERSION
        remedy = "make it anew with python -m train.ppo --priced" if older else "update jax-router to read it"
        raise ValueError(
            f"{path}: written in version {version} of the format; this program reads versions {OLDER_PLAIN}, "
            f"{OLDER_PRICED}, {VERSION} and {NEWEST}: {remedy}"
        )
    kinds = ("index", "plain", "priced") if version == NEWEST else ("plain", "priced")
    if version in (OLDER_PLAIN, OLDER_PRICED):
        names = header.get("model_names")
        if not isinstance(names, list) or not isinstance(header.get("scenario"), str):
            raise ValueError(f"{path}: damaged policy file: its header lacks model_names or a scenario")
        header |= {"kind": "priced" if version == OLDER_PRICED else "plain"}
        header |= {"origin": _origin_of_older(header, version == OLDER_PRICED)}
        if "cost_per_call" in arrays:
            arrays["mean_costs"] = arrays.pop("cost_per_call")
    if header.get("kind") not in kinds or not isinstance(header.get("origin"), dict):
        raise ValueError(f"{path}: damaged policy file: its header lacks a kind or an origin")
    return header


def _check_arrays(path: Path, arrays: dict[str, np.ndarray], expected: set[str]) -> None:
    if set(arrays) != expected:
        raise ValueError(f"{path}: damaged policy file: it holds {', '.join(sorted(arrays))}")
    for name in sorted(expected - {"header"}):
        if arrays[name].dtype != np.float32 or not np.isfinite(arrays[name]).all():
            raise ValueError(f"{path}: damaged policy file: {name} is not finite float32")
