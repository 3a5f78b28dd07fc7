"""Fleets as people write them down, of any environment's kind of model: checked, and read from TOML."""

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from os import PathLike
from typing import Any, TypeVar

Model = TypeVar("Model")


def check_fleet(models: Sequence[Model], model_type: type[Model]) -> tuple[Model, ...]:
    """Return the models as a tuple, or raise `ValueError`: a fleet has at least one model and every name once.

    `model_type` is a dataclass with a `name`.
    """
    if not isinstance(models, Iterable):
        raise ValueError(f"models is {models!r}; it must be a list of {model_type.__name__}")
    models = tuple(models)
    if not models:
        raise ValueError(f"models is empty; a fleet needs at least one {model_type.__name__}")
    for model in models:
        if not isinstance(model, model_type):
            raise ValueError(f"models holds {model!r}; every entry must be a {model_type.__name__}")
    names = [getattr(model, "name") for model in models]  # noqa: B009  # no attribute of every type
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"models holds the name {name!r} {names.count(name)} times; names must be unique")
    return models


def read_fleet(
    path: str | PathLike[str], model_type: type[Model], check: Callable[[list[Model]], tuple[Model, ...]]
) -> tuple[Model, ...]:
    """Read a fleet from TOML: one `[[models]]` table a model, its keys the fields of `model_type`, a dataclass.

    Raises `FileNotFoundError` where there is no file, and `ValueError` (naming file and entry) for anything that is
    not such a fleet: broken TOML, an unknown or missing key, a value that `model_type` refuses, a fleet
    that `check` refuses.
    """
    with open(path, "rb") as file:
        try:
            document = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: not valid TOML: {error}") from None
    unknown = sorted(set(document) - {"models"})
    if unknown:
        raise ValueError(f"{path}: unknown key {unknown[0]!r}; a fleet file holds [[models]] tables only")
    entries = document.get("models", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path}: models is {entries!r}; write one [[models]] table for each model")
    try:
        return check([model_from_table(i, entry, model_type) for i, entry in enumerate(entries, start=1)])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def model_from_table(position: int, table: dict[str, Any], model_type: type[Model]) -> Model:
    """The model that a [[models]] table describes; raises `ValueError` (naming its position) for anything else."""
    known = fields(model_type)  # type: ignore[arg-type]  # a dataclass
    required = [field.name for field in known if field.default is MISSING]
    where = f"[[models]] number {position}"
    for key in table:
        if key not in [field.name for field in known]:
            allowed = ", ".join(field.name for field in known)
            raise ValueError(f"{where} has the unknown key {key!r}; allowed are {allowed}")
    missing = [key for key in required if key not in table]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    try:
        return model_type(**table)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
