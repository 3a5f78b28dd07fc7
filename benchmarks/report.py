"""The report of a benchmark: tables, targets, and its machine, for the terminal, as JSON, and as Markdown."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from train.cli.console import markdown_table, terminal_table

PACKAGES = ("jax", "jaxlib", "flax", "gymnax", "gymnasium", "numpy", "torch", "stable-baselines3", "rejax")
Unit = Literal["times", "s", "share", "steps/s"]


@dataclass(frozen=True)
class Table:
    """Rows of text, the first of them the header."""

    title: str
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class Target:
    """A number that is wanted, and the number that was measured."""

    benchmark: str
    """A name for the quantity that was measured."""
    against: str
    """The opponent in the same run; empty where there is none."""
    measured: float | None
    """The number that was measured; None where it was not measured."""
    wanted: float
    """The number that the target asks for: at least this, or with `below` less than this."""
    aim: float | None
    """A more ambitious number; None where there is none."""
    unit: Unit = "times"
    below: bool = False
    where: Literal["cpu", "accelerator"] = "cpu"
    """The kind of device that the target is for."""

    @property
    def verdict(self) -> str:
        """The verdict in words, such as met or short."""
        if self.measured is None:
            return "not measured"
        met = self.measured < self.wanted if self.below else self.measured >= self.wanted
        return "met" if met else "short"

    @property
    def row(self) -> list[str]:
        """Return the cells of the target's row, in the order of `TARGET_HEADER`."""
        bound = "below" if self.below else "at least"
        measured = "" if self.measured is None else _number(self.measured, self.unit)
        aim = "" if self.aim is None else f"{bound} {_number(self.aim, self.unit)}"
        return [self.benchmark, self.against, measured, f"{bound} {_number(self.wanted, self.unit)}", aim, self.verdict]


TARGET_HEADER = ["benchmark", "against, in the same run", "measured", "wanted", "aim", ""]


@dataclass(frozen=True)
class Report:
    """Everything that one command measured."""

    command: str
    tables: list[Table]
    targets: list[Target]
    machine: str
    """The machine that it ran on, as the function `machine` describes it."""

    def to_json(self) -> str:
        """Return the report as JSON text, which `from_json` reads."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Read a report that `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        fields["tables"] = [Table(**table) for table in fields["tables"]]
        fields["targets"] = [Target(**target) for target in fields["targets"]]
        return cls(**fields)

    def print(self, console: Console) -> None:
        """Print every table, the targets, and the machine."""
        for table in self.tables:
            console.print(terminal_table(table.title, table.rows))
            if table.note:
                console.print(table.note, soft_wrap=True, highlight=False)
        if self.targets:
            console.print(terminal_table("targets", target_rows(self.targets)))
        console.print(self.machine, soft_wrap=True, highlight=False)

    @property
    def markdown(self) -> str:
        """Return a section of a page, without the targets."""
        parts = [f"## `{self.command}`\n"]
        for table in self.tables:
            parts.append(f"{_sentence(table.title)}\n\n{markdown_table(table.rows)}")
            parts += [f"{table.note}\n"] if table.note else []
        return "\n".join(parts)


def target_rows(targets: list[Target]) -> list[list[str]]:
    """Return a header and a row for each target."""
    return [TARGET_HEADER, *(target.row for target in targets)]


def machine() -> str:
    """Describe the device, the processors, the versions, and the date."""
    import jax

    versions = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    device = f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores ({_processor()})"
    return f"{device}, Python {platform.python_version()}, {versions}; {date.today()}"


def on_accelerator() -> bool:
    """Return whether JAX computes on anything but the CPU."""
    import jax

    return jax.default_backend() != "cpu"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _number(value: float, unit: Unit) -> str:
    if unit == "share":
        return f"{value:.0%}"
    digits = ",.0f" if abs(value) >= 100 else ".2f"
    return f"{value:{digits}} {unit}"


def _sentence(title: str) -> str:
    return f"{title[0].upper()}{title[1:]}:"
