"""A trained policy as one file, and back, with NumPy alone.

The file is a `.npz` archive of plain arrays (nothing is ever unpickled):

- `header`: () string, JSON: `format` ("jax-router-policy"), `version` (1, or 3 for a priced policy), `activation`,
  `model_names` (the actions in their order), `scenario`.
- `observation_mean`, `observation_scale`: (D,) float32; the network sees `clip((observation - mean) / scale, -10, 10)`.
- `kernel_0`, `bias_0`, `kernel_1`, ...: the layers of the actor, (inputs, outputs) and (outputs,) float32. Every layer
  but the last is followed by the activation; the action is the argmax of the last.
- A priced policy has more, all float32: `plan_prices`, (K,), rising, from the least to the greatest price that it
  knows, reward per USD; `plan_cost`, (K, H), what a prompt costs at each of them in each H-th part of the day, USD;
  `prompts_per_day`, (), that this was measured with; `cost_per_call`, (N,), what a prompt costs at each model, USD; and
  `load`, (L,), mean 1, the load over the day. The last two numbers of what its network sees are 1 and the natural
  logarithm of the price.
"""

import json
import zipfile
from os import PathLike
from pathlib import Path

import numpy as np

from router_serving.pacing import Plan
from router_serving.policy import ACTIVATIONS, Policy
from router_serving.policy import policy_from_arrays as policy_from_arrays  # part of this module's face
from router_serving.priced_policy import PricedPolicy

FORMAT = "jax-router-policy"
VERSION, PRICED_VERSION = 1, 3
PRICED_ARRAYS = ("plan_prices", "plan_cost", "prompts_per_day", "cost_per_call", "load")


def save_policy(path: str | PathLike[str], policy: Policy) -> None:
    """Write a policy file. Raises `FileExistsError` where there is something already: nothing is overwritten."""
    header = {
        "format": FORMAT,
        "version": PRICED_VERSION if isinstance(policy, PricedPolicy) else VERSION,
        "activation": policy.activation,
        "model_names": policy.model_names,
        "scenario": policy.scenario,
    }
    arrays = {"observation_mean": policy.observation_mean, "observation_scale": policy.observation_scale}
    for i, (kernel, bias) in enumerate(policy.layers):
        arrays |= {f"kernel_{i}": kernel, f"bias_{i}": bias}
    if isinstance(policy, PricedPolicy):
        plan = policy.plan
        arrays |= {"plan_prices": plan.prices, "plan_cost": plan.cost, "load": plan.load}
        arrays |= {"prompts_per_day": np.array(plan.prompts_per_day, np.float32), "cost_per_call": policy.cost_per_call}
    with open(path, "xb") as file:
        np.savez(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)


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
    layers = _checked_layers(path, arrays, PRICED_ARRAYS if header["version"] == PRICED_VERSION else ())
    mean, scale = arrays["observation_mean"], arrays["observation_scale"]
    if mean.shape != (len(layers[0][0]),) or scale.shape != mean.shape or not (scale > 0).all():
        raise ValueError(f"{path}: damaged policy file: its normaliser does not fit its first layer")
    if len(layers[-1][1]) != len(header["model_names"]):
        raise ValueError(
            f"{path}: damaged policy file: its last layer does not fit its {len(header['model_names'])} models"
        )
    policy = Policy(tuple(header["model_names"]), header["scenario"], header["activation"], mean, scale, layers)
    return policy if header["version"] == VERSION else _with_prices(path, policy, arrays)


def load_priced_policy(path: str | PathLike[str]) -> PricedPolicy:
    """What `load_policy` reads. Raises `ValueError` for a policy that is not priced, too."""
    policy = load_policy(path)
    if not isinstance(policy, PricedPolicy):
        raise ValueError(f"--model-path is {path}; that policy was trained without --priced")
    return policy


def _with_prices(path: Path, policy: Policy, arrays: dict[str, np.ndarray]) -> PricedPolicy:
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
    if costs.shape != (len(policy.model_names),) or (costs < 0).any():
        raise ValueError(f"{path}: damaged policy file: cost_per_call does not fit its models")
    if load.ndim != 1 or not load.size or (load < 0).any():
        raise ValueError(f"{path}: damaged policy file: load is no table")
    return PricedPolicy(**vars(policy), plan=Plan(prices, cost, load, float(prompts_per_day)), cost_per_call=costs)


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


def _checked_header(path: Path, arrays: dict[str, np.ndarray]) -> dict:
    try:
        header = json.loads(str(arrays["header"]))
        found, version = header["format"], header["version"]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: not a policy file: it has no header of the format {FORMAT!r}") from None
    if found != FORMAT:
        raise ValueError(f"{path}: its format is {found!r}; a policy file's is {FORMAT!r}")
    if version not in (VERSION, PRICED_VERSION):
        raise ValueError(
            f"{path}: written in version {version} of the format; this program reads versions {VERSION} and "
            f"{PRICED_VERSION}"
        )
    names = header.get("model_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path}: damaged policy file: model_names is {names!r}")
    if header.get("activation") not in ACTIVATIONS or not isinstance(header.get("scenario"), str):
        raise ValueError(f"{path}: damaged policy file: its header lacks an activation or a scenario")
    return header


def _checked_layers(
    path: Path, arrays: dict[str, np.ndarray], further: tuple[str, ...]
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The layers; and every array is there and finite, the `further` ones too."""
    count = sum(name.startswith("kernel_") for name in arrays)
    expected = {"header", "observation_mean", "observation_scale", *further}
    expected |= {f"{part}_{i}" for part in ("kernel", "bias") for i in range(count)}
    if set(arrays) != expected or count == 0:
        raise ValueError(f"{path}: damaged policy file: it holds {', '.join(sorted(arrays))}")
    layers = tuple((arrays[f"kernel_{i}"], arrays[f"bias_{i}"]) for i in range(count))
    width: int | None = None
    for kernel, bias in layers:
        if kernel.ndim != 2 or bias.shape != kernel.shape[1:] or width not in (None, kernel.shape[0]):
            raise ValueError(f"{path}: damaged policy file: its layers do not fit together")
        width = kernel.shape[1]
    for name in expected - {"header"}:
        if arrays[name].dtype != np.float32 or not np.isfinite(arrays[name]).all():
            raise ValueError(f"{path}: damaged policy file: {name} is not finite float32")
    return layers
