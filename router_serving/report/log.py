"""The decisions of a gateway, read back from their lines of JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Log:
    """The calls of one model group, in the order of their decisions; arrays are (R,), NaN where nothing is known."""

    group: str
    models: tuple[str, ...]
    """The models of the policy."""
    time: np.ndarray
    """Unix time of the decision, s."""
    model: np.ndarray
    """int64, the model that LiteLLM called."""
    chosen: np.ndarray
    """int64, the model that the policy chose; -1: it abstained."""
    route: np.ndarray
    """bool, whether the policy was followed."""
    status: tuple[str, ...]
    abstained: tuple[str | None, ...]
    """Why the policy did not decide."""
    cost: np.ndarray
    """USD that was billed."""
    expected: np.ndarray
    """(R, N) USD that the prompt was expected to cost at each model."""
    quality: np.ndarray
    """(R, N) forecasts, 0 .. 1."""
    latency: np.ndarray
    """Seconds to the last token."""
    ttft: np.ndarray
    """Seconds to the first token, of streams."""
    took: np.ndarray
    """Seconds that the decision took."""
    price: np.ndarray
    """Of money, reward per USD."""
    categories: tuple[str | None, ...]

    @property
    def answered(self) -> np.ndarray:
        """(R,) bool, the calls that were answered."""
        return np.array([status in ("success", "cached") for status in self.status], bool)


def read_log(path: str | PathLike[str]) -> list[Log]:
    """Read the groups of a file of decisions, by name.

    Raises `FileNotFoundError` where there is none, and `ValueError` that names the line for what is no decision.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    with Path(path).open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                entry = json.loads(line)
                entry["time"] = datetime.fromisoformat(entry["timestamp"]).timestamp()
                groups.setdefault(entry["group"], []).append(entry)
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{path}, line {number}: not a gateway's decision") from None
    if not groups:
        raise ValueError(f"{path}: holds no decisions")
    try:
        return [
            _log(name, sorted(entries, key=lambda entry: entry["time"])) for name, entries in sorted(groups.items())
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a decision lacks, or has a wrong, {error}") from None


def _log(group: str, entries: Sequence[Mapping[str, Any]]) -> Log:
    models = tuple(entries[-1]["models"])
    known = [entry for entry in entries if tuple(entry["models"]) == models and entry["model"] in models]

    def numbers(key: str) -> np.ndarray:
        return np.array([np.nan if entry[key] is None else entry[key] for entry in known], np.float64)

    def each(key: str) -> np.ndarray:
        unknown = [np.nan] * len(models)
        return np.array([entry[key] or unknown for entry in known], np.float64).reshape(len(known), len(models))

    return Log(
        group=group,
        models=models,
        time=numbers("time"),
        model=np.array([models.index(entry["model"]) for entry in known], np.int64),
        chosen=np.array([-1 if e["chosen"] is None else models.index(e["chosen"]) for e in known], np.int64),
        route=np.array([entry["mode"] == "route" for entry in known], bool),
        status=tuple(entry["status"] for entry in known),
        abstained=tuple(entry["abstained"] for entry in known),
        cost=numbers("cost_usd"),
        expected=each("expected_cost_usd"),
        quality=each("quality"),
        latency=numbers("latency_s"),
        ttft=numbers("ttft_s"),
        took=numbers("decision_ms") / 1000.0,
        price=numbers("money_price"),
        categories=tuple(entry["category"] for entry in known),
    )
