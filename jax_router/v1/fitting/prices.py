"""What an answer costs: from the price file, or from what the log says that each answer cost."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from os import PathLike
from typing import Any

import numpy as np

from jax_router.v1.fitting.estimate import Estimate
from jax_router.v1.fleet import ModelConfig

AGREES = 0.02
"""How far what a log was billed may be from the price file before somebody should look."""

Given = dict[str, dict[str, Any]]
"""Numbers of models that a user knows, by model and by field of `ModelConfig`."""


def read_prices(path: str | PathLike[str]) -> Given:
    """Read a price file: one [[models]] table each, `name` and any other fields of `ModelConfig`.

    Raises `FileNotFoundError` where there is no file, and `ValueError` (naming file and entry) for anything else.
    """
    known = {field.name for field in fields(ModelConfig)}
    with open(path, "rb") as file:
        try:
            document = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: not valid TOML: {error}") from None
    entries = document.get("models")
    if not isinstance(entries, list) or not entries or set(document) != {"models"}:
        raise ValueError(f"{path}: a price file holds [[models]] tables, and nothing else")
    given: Given = {}
    for i, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise ValueError(f"{path}: [[models]] number {i} lacks its name")
        for key in entry:
            if key not in known:
                raise ValueError(f"{path}: [[models]] number {i} has the unknown key {key!r}; allowed are {_all()}")
        _checked(f"{path}: [[models]] number {i}", entry)
        if entry["name"] in given:
            raise ValueError(f"{path}: the name {entry['name']!r} is there twice")
        given[entry["name"]] = {key: value for key, value in entry.items() if key != "name"}
    return given


def fit_prices(
    prompt_tokens: np.ndarray, completion_tokens: np.ndarray, cost: np.ndarray, given: Mapping[str, Any]
) -> tuple[dict[str, Estimate], str | None]:
    """`price_in` and `price_out`, USD per 10^6 tokens, of one model; and what is odd about them, if anything.

    Args:
        prompt_tokens: (R,)
        completion_tokens: (R,)
        cost: (R,) USD, NaN where the log does not say.
        given: what the price file says of the model.

    Raises:
        ValueError: where neither says what it costs.
    """
    known = np.isfinite(cost)
    million = np.stack([prompt_tokens, completion_tokens], axis=-1)[known] / 1e6
    billed = cost[known]
    if "price_in" in given and "price_out" in given:
        prices = {name: Estimate(float(given[name]), "price file") for name in ("price_in", "price_out")}
        listed = float((million @ [given["price_in"], given["price_out"]]).sum())
        if len(billed) and listed > 0 and abs(billed.sum() / listed - 1) > AGREES:
            return prices, f"the log was billed {billed.sum() / listed:.3f} times what the price file comes to"
        return prices, None
    if len(billed) < 2:
        raise ValueError("lacks price_in and price_out, and the log has no cost: give them in --prices")
    found = np.linalg.lstsq(million, billed, rcond=None)[0]
    # Discounts for cached prompts are few or many; the price without one is what most rows agree with.
    for _ in range(5):
        rest = np.abs(billed - million @ found)
        agreeing = rest <= max(float(np.median(rest)), 1e-12) * 3
        found = np.linalg.lstsq(million[agreeing], billed[agreeing], rcond=None)[0]
    origin = f"log, cost of {len(billed):,} answers"
    kept, paid = million[agreeing], billed[agreeing]
    variance = ((paid - kept @ found) ** 2).sum() / max(1, len(paid) - 2)
    error = 1.96 * np.sqrt(variance * np.diag(np.linalg.pinv(kept.T @ kept)))
    return {
        name: Estimate(max(0.0, float(value)), origin, max(0.0, float(value - by)), float(value + by))
        for name, value, by in zip(("price_in", "price_out"), found, error, strict=True)
    }, None


def _checked(where: str, entry: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a value that `ModelConfig` refuses."""
    stand_in = {field.name: 1.0 for field in fields(ModelConfig) if field.default is MISSING}
    try:
        ModelConfig(**{**stand_in, **entry})
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _all() -> str:
    return ", ".join(field.name for field in fields(ModelConfig))
