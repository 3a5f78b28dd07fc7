"""A trained policy as one file, and back, with NumPy alone.

The file is a `.npz` archive of plain arrays (nothing is ever unpickled):

- `header`: () string, JSON: `format` ("jax-router-policy"), `version` (1), `activation`, `model_names` (the actions in
  their order), `scenario`.
- `observation_mean`, `observation_scale`: (D,) float32; the network sees `clip((observation - mean) / scale, -10, 10)`.
- `kernel_0`, `bias_0`, `kernel_1`, ...: the layers of the actor, (inputs, outputs) and (outputs,) float32. Every layer
  but the last is followed by the activation; the action is the argmax of the last.
"""

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

FORMAT = "jax-router-policy"
VERSION = 1
OBSERVATION_CLIP = np.float32(10)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


_ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"tanh": np.tanh, "relu": _relu}


@dataclass(frozen=True)
class Policy:
    """A trained router. `act` is all that serving needs."""

    model_names: tuple[str, ...]
    """The models, in the order of the actions."""
    scenario: str
    """What it was trained on."""
    activation: str
    """tanh or relu."""
    observation_mean: np.ndarray
    """(D,) float32."""
    observation_scale: np.ndarray
    """(D,) float32, above 0."""
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    """Kernel (inputs, outputs) and bias (outputs,), float32, of every layer."""

    @property
    def observation_size(self) -> int:
        """D, the numbers in an observation."""
        return len(self.observation_mean)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The models to route to, (n,) int64, for observations (n, D) float32; () for a single one, (D,).

        Raises `ValueError` for observations of another width.
        """
        return np.argmax(self.logits(observation), axis=-1)

    def logits(self, observation: np.ndarray) -> np.ndarray:
        """The preference for each model before the argmax, (n, num_models) float32. Raises as `act` does."""
        x = np.asarray(observation, np.float32)
        if x.ndim == 0 or x.shape[-1] != self.observation_size:
            raise ValueError(
                f"observation has shape {x.shape}; this policy takes (n, {self.observation_size}), "
                f"for the models {', '.join(self.model_names)}"
            )
        x = (x - self.observation_mean) / self.observation_scale
        x = np.minimum(np.maximum(x, -OBSERVATION_CLIP), OBSERVATION_CLIP)  # np.clip costs more for one observation
        activation = _ACTIVATIONS[self.activation]
        for kernel, bias in self.layers[:-1]:
            x = activation(x @ kernel + bias)
        kernel, bias = self.layers[-1]
        return x @ kernel + bias


def save_policy(path: str | PathLike[str], policy: Policy) -> None:
    """Write a policy file. Raises `FileExistsError` where there is something already: nothing is overwritten."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "activation": policy.activation,
        "model_names": policy.model_names,
        "scenario": policy.scenario,
    }
    arrays = {"observation_mean": policy.observation_mean, "observation_scale": policy.observation_scale}
    for i, (kernel, bias) in enumerate(policy.layers):
        arrays |= {f"kernel_{i}": kernel, f"bias_{i}": bias}
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
    layers = _checked_layers(path, arrays)
    mean, scale = arrays["observation_mean"], arrays["observation_scale"]
    if mean.shape != (len(layers[0][0]),) or scale.shape != mean.shape or not (scale > 0).all():
        raise ValueError(f"{path}: damaged policy file: its normaliser does not fit its first layer")
    if len(layers[-1][1]) != len(header["model_names"]):
        raise ValueError(
            f"{path}: damaged policy file: its last layer does not fit its {len(header['model_names'])} models"
        )
    return Policy(tuple(header["model_names"]), header["scenario"], header["activation"], mean, scale, layers)


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
    if version != VERSION:
        raise ValueError(f"{path}: written in version {version} of the format; this program reads version {VERSION}")
    names = header.get("model_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path}: damaged policy file: model_names is {names!r}")
    if header.get("activation") not in _ACTIVATIONS or not isinstance(header.get("scenario"), str):
        raise ValueError(f"{path}: damaged policy file: its header lacks an activation or a scenario")
    return header


def _checked_layers(path: Path, arrays: dict[str, np.ndarray]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    count = sum(name.startswith("kernel_") for name in arrays)
    expected = {"header", "observation_mean", "observation_scale"}
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


def policy_from_arrays(
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    observation_mean: ArrayLike,
    observation_variance: ArrayLike,
    activation: str,
    model_names: Sequence[str],
    scenario: str,
) -> Policy:
    """A policy from the arrays of a training run, JAX's or NumPy's, copied to NumPy float32."""
    return Policy(
        model_names=tuple(model_names),
        scenario=scenario,
        activation=activation,
        observation_mean=np.array(observation_mean, np.float32),
        observation_scale=np.sqrt(np.array(observation_variance, np.float32) + np.float32(1e-8)),
        layers=tuple((np.array(kernel, np.float32), np.array(bias, np.float32)) for kernel, bias in layers),
    )
