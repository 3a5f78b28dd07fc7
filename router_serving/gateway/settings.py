"""What an operator writes down, in one TOML file: which policy decides for which model group, and how.

mode = "shadow"                      # "off", "shadow" or "route"; read again on SIGHUP
decisions = "decisions.jsonl"

[groups.smart]
policy = "runs/mine/policy.npz"
deployments = {gpt-a = "frontier-api", llama-a = "llama-8b"}   # LiteLLM's deployment: the policy's model
budget = 10.0
period = "1d"
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from router_serving.numbers import finite_number, whole_number

VARIABLE = "ROUTER_SERVING_CONFIG"
"""The environment variable that holds the path of the file."""
MODES = ("off", "shadow", "route")
WAYS = ("auto", "prefer", "filter")
SHARES = ("none", "shm", "redis")
PERIODS = {"h": 3600.0, "d": 86_400.0}
"""The units of a period, s."""


@dataclass(frozen=True)
class GroupSettings:
    """What holds for one model group of LiteLLM."""

    name: str
    """The `model_name` of the group in LiteLLM."""
    policy: Path
    """A policy file, or a run directory."""
    deployments: Mapping[str, str]
    """The policy's model that each deployment is, by LiteLLM's `model_info.id` or `litellm_params.model`."""
    mode: str
    """"shadow" decides and writes down; "route" decides and is followed; "off" does neither."""
    how: str = "auto"
    """"prefer" leaves LiteLLM's later filters in force, and needs its simple-shuffle; "filter" works with all."""
    slots: Mapping[str, float] = field(default_factory=dict)
    """How many requests one deployment of a model works on at once, where that is not as the policy was trained."""
    budget: float | None = None
    """USD a period; None: none."""
    period: float = 86_400.0
    """Length of the budget's period, s: "1d" in the file, or "6h"."""
    when_spent: str = "refuse"
    """What becomes of a request that no model can be paid for: "refuse" it, or "abstain"."""
    longest_prompt: float = 8192.0
    """Tokens of a prompt of length 1; a policy of LLMRouter-v1 knows that of its traffic."""
    longest_answer: float = 4096.0
    """Tokens that an answer is paid for at most, where the caller gives no `max_tokens`."""
    quality: Path | None = None
    """CSV of measured shares of good answers: category, model, prompts, share_good."""
    categories: Path | None = None
    """A classifier of prompts, as `python -m train.categories` writes it."""


@dataclass(frozen=True)
class Settings:
    """The whole file."""

    groups: Mapping[str, GroupSettings]
    """By the name of the group."""
    path: Path
    """Of the file: workers that read the same one belong together, unless Redis joins those of several hosts."""
    decisions: Path | None = None
    """Where every decision becomes one line of JSON; None: nowhere."""
    state: Path | None = None
    """A folder that keeps what was spent over a restart; None: nothing is kept."""
    timezone: str = "UTC"
    """The time zone of the policy's day, and of the midnight at which daily budgets begin anew."""
    slowest: float = 0.05
    """A decision that took longer, s, is not followed."""
    lease: float = 600.0
    """A call of which nothing is heard for so long, s, is taken for over."""
    share: str = "none"
    """How workers see each other's load: "none", "shm" on one host, or "redis"."""
    redis: str = "redis://127.0.0.1:6379/0"
    """Where Redis is, with share = "redis"."""
    metrics: str | None = None
    """HOST:PORT where Prometheus may ask, with one worker; None: in the process's own registry alone."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)


def load_settings(path: str | PathLike[str]) -> Settings:
    """Read the file. Raises `FileNotFoundError` where there is none, and `ValueError`: one line that names the key."""
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not TOML: {error}") from None
    try:
        return _settings(table, path.absolute())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def settings_from_environment() -> Settings:
    """Read the file that the environment variable names; raises `ValueError` where it is not set, else as above."""
    if not os.environ.get(VARIABLE):
        raise ValueError(f"{VARIABLE} is not set; it must be the path of the gateway's TOML file")
    return load_settings(os.environ[VARIABLE])


def _settings(table: dict[str, Any], path: Path) -> Settings:
    folder = path.parent
    mode = _one_of(MODES)("mode", table.pop("mode", "shadow"))
    groups = table.pop("groups", None)
    if not isinstance(groups, dict) or not groups:
        raise ValueError("groups is missing; it must hold a table for each model group, such as [groups.smart]")
    read: dict[str, Callable[[str, Any], Any]] = {
        "decisions": _path(folder),
        "state": _path(folder),
        "timezone": _time_zone,
        "slowest": _number(above=0),
        "lease": _number(above=0),
        "share": _one_of(SHARES),
        "redis": _text,
        "metrics": _address,
    }
    values = _values("", table, read)
    read_groups = {name: _group(name, group, mode, folder) for name, group in groups.items()}
    return Settings(groups=read_groups, path=path, **values)


def _group(name: str, table: Any, mode: str, folder: Path) -> GroupSettings:
    if not isinstance(table, dict):
        raise ValueError(f"groups.{name} is {table!r}; it must be a table")
    read: dict[str, Callable[[str, Any], Any]] = {
        "policy": _path(folder),
        "deployments": _table(_text),
        "mode": _one_of(MODES),
        "how": _one_of(WAYS),
        "slots": _table(_number(at_least=1)),
        "budget": _number(above=0),
        "period": _period,
        "when_spent": _one_of(("refuse", "abstain")),
        "longest_prompt": _number(at_least=1),
        "longest_answer": lambda key, value: float(whole_number(key, value, at_least=1)),
        "quality": _path(folder),
        "categories": _path(folder),
    }
    values = _values(f"groups.{name}.", table, read)
    # "off" for the whole file is one line that no group can overrule.
    values["mode"] = "off" if mode == "off" else values.get("mode", mode)
    required = {one.name for one in fields(GroupSettings) if one.default is one.default_factory is MISSING}
    for key in sorted(required - {"name"} - values.keys()):
        raise ValueError(f"groups.{name}.{key} is missing")
    if not values["deployments"]:
        raise ValueError(f"groups.{name}.deployments is empty; it must say which deployment is which model")
    return GroupSettings(name=name, **values)


def _values(where: str, table: dict[str, Any], read: dict[str, Callable[[str, Any], Any]]) -> dict[str, Any]:
    for key in table:
        if key not in read:
            raise ValueError(f"{where}{key} is not known; the keys here are {', '.join(read)}")
    return {key: read[key](f"{where}{key}", value) for key, value in table.items()}


def _one_of(allowed: tuple[str, ...]) -> Callable[[str, Any], str]:
    def read(key: str, value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{key} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
        return str(value)

    return read


def _number(**bounds: float) -> Callable[[str, Any], float]:
    return lambda key, value: finite_number(key, value, **bounds)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is {value!r}; it must be a text")
    return value


def _address(key: str, value: Any) -> str:
    host, _, port = _text(key, value).rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"{key} is {value!r}; it must be HOST:PORT, such as '127.0.0.1:9464'")
    return str(value)


def _path(folder: Path) -> Callable[[str, Any], Path]:
    return lambda key, value: folder / _text(key, value)


def _table(read: Callable[[str, Any], Any]) -> Callable[[str, Any], dict[str, Any]]:
    def read_table(key: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{key} is {value!r}; it must be a table")
        return {name: read(f"{key}.{name}", item) for name, item in value.items()}

    return read_table


def _time_zone(key: str, value: Any) -> str:
    try:
        return ZoneInfo(_text(key, value)).key
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{key} is {value!r}; it must be a time zone, such as 'Europe/Berlin'") from None


def _period(key: str, value: Any) -> float:
    text = _text(key, value)
    unit = PERIODS.get(text[-1])
    if unit is None or not text[:-1].isdigit() or int(text[:-1]) < 1:
        raise ValueError(f"{key} is {value!r}; it must be hours or days, such as '6h' or '1d'")
    return int(text[:-1]) * unit
