"""A routing problem as a folder: problem.toml and the tables it names, which `python -m jax_router.fit` writes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from jax_router.internal.fleets import model_from_table
from jax_router.v1.fleet import ModelConfig, check_models
from jax_router.v1.lengths import BINS, INPUT_KNOTS, OUTPUT_KNOTS, LengthTables, QuantileTables, with_moments
from jax_router.v1.quality import QualityTable
from jax_router.v1.reward import RewardConfig
from jax_router.v1.settings import GivenSettings
from jax_router.v1.traffic import Traffic

FILE = "problem.toml"
ENVIRONMENT = "LLMRouter-v1"
_SECTIONS = ("environment", "log", "settings", "reward", "traffic", "quality", "models")


@dataclass(frozen=True)
class Problem:
    """What `make_params` takes, read from a folder."""

    models: tuple[ModelConfig, ...]
    reward: RewardConfig
    traffic: Traffic
    quality: QualityTable | None
    settings: Mapping[str, Any]
    """Settings of `make_params` by name."""
    categories: tuple[str, ...]
    """The names of the K categories of `quality`; empty without one."""
    log: Mapping[str, Any]
    """What the problem was fitted to: `rename` and `held_out_from`, s since 1970; empty where nobody fitted it."""

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the actions."""
        return tuple(model.name for model in self.models)


def load_problem(path: str | PathLike[str]) -> Problem:
    """Read a problem from its folder, or from its problem.toml.

    Raises `FileNotFoundError` where there is no such file, and `ValueError` (naming the file) for what is no problem.
    """
    file = Path(path)
    file = file / FILE if file.is_dir() else file
    with file.open("rb") as opened:
        try:
            document = tomllib.load(opened)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{file}: not valid TOML: {error}") from None
    try:
        return _problem_of(document, file.parent)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file}: {error}") from None


def _problem_of(document: dict[str, Any], folder: Path) -> Problem:
    for name in document:
        if name not in _SECTIONS:
            raise ValueError(f"unknown key {name!r}; a problem has {', '.join(_SECTIONS)}")
    if document.get("environment") != ENVIRONMENT:
        raise ValueError(f"environment is {document.get('environment')!r}; it must be {ENVIRONMENT!r}")
    entries = document.get("models", [])
    models = check_models([model_from_table(i, entry, ModelConfig) for i, entry in enumerate(entries, start=1)])
    names = [model.name for model in models]
    categories, quality = _quality_of(document.get("quality"), folder, names)
    return Problem(
        models=models,
        reward=_section(document, "reward", RewardConfig),
        traffic=_traffic_of(document.get("traffic", {}), folder),
        quality=quality,
        settings=_settings_of(document.get("settings", {})),
        categories=categories,
        log=document.get("log", {}),
    )


def _section(document: dict[str, Any], name: str, config: type[RewardConfig]) -> RewardConfig:
    given = document.get(name, {})
    allowed = [field.name for field in fields(config)]
    for key in given:
        if key not in allowed:
            raise ValueError(f"[{name}] has the unknown key {key!r}; allowed are {', '.join(allowed)}")
    return config(**given)


def _settings_of(given: dict[str, Any]) -> dict[str, Any]:
    allowed = sorted(set(GivenSettings.__annotations__) - {"lengths", "load_amplitude"})
    for key in given:
        if key not in allowed:
            raise ValueError(f"[settings] has the unknown key {key!r}; allowed are {', '.join(allowed)}")
    return dict(given)


def _traffic_of(given: dict[str, Any], folder: Path) -> Traffic:
    for key in given:
        if key not in ("lengths", "prompts", "answers", "load", "week"):
            raise ValueError(
                f"[traffic] has the unknown key {key!r}; allowed are lengths, prompts, answers, load, week"
            )
    lengths: LengthTables | str = given.get("lengths", "conv")
    if "prompts" in given:
        prompts = _numbers(folder / given["prompts"], (INPUT_KNOTS,))
        answers = _numbers(folder / given["answers"], (BINS, OUTPUT_KNOTS))
        lengths = with_moments(QuantileTables(prompts, answers))
    return Traffic.synthetic(lengths, load=given.get("load", [1.0]), week=given.get("week"))


def _quality_of(
    given: dict[str, Any] | None, folder: Path, names: list[str]
) -> tuple[tuple[str, ...], QualityTable | None]:
    if given is None:
        return (), None
    for key in given:
        if key not in ("table", "beta", "weights"):
            raise ValueError(f"[quality] has the unknown key {key!r}; allowed are table, beta, weights")
    path, weights = folder / given["table"], given["weights"]
    table = QualityTable.from_csv(path, names, given.get("beta", 1.1))
    categories = tuple(weights)
    in_table = QualityTable.categories_of(path, names)
    if set(in_table) != set(categories):
        raise ValueError(f"[quality.weights] names {', '.join(categories)}; {path.name} has {', '.join(in_table)}")
    place = [in_table.index(name) for name in categories]
    return categories, QualityTable(np.asarray(table.shares)[place], list(weights.values()), table.beta)


def _numbers(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A table of numbers of a shape, a CSV file with a header whose first column says what each row is."""
    try:
        rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1:]
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    table = rows.reshape(-1) if len(shape) == 1 else rows
    if table.shape != shape:
        raise ValueError(f"{path.name} has the shape {table.shape}; it must be {shape}")
    if not (np.isfinite(table) & (table >= 0)).all() or (np.diff(table, axis=-1) < 0).any():
        raise ValueError(f"{path.name} holds quantiles that fall; they are tokens of at least 0, from low to high")
    return table
