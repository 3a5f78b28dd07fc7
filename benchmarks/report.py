"""What a benchmark has to say: tables, targets, and the machine it ran on; for the terminal, as JSON, as Markdown."""

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

PACKAGES = ("jax", "jaxlib", "flax", "gymnax", "gymnasium", "numpy", "torch", "stable-baselines3")
Unit = Literal["times", "s", "share", "steps/s"]


@dataclass(frozen=True)
class Table:
    """Rows of text, the first of them the header."""

    title: str
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class Target:
    """One number that was promised, and what it turned out to be."""

    benchmark: str
    """What was measured."""
    against: str
    """The opponent in the same run; empty where there is none."""
    measured: float | None
    """None where it was not measured."""
    wanted: float
    """At least this, or with `below` less than this."""
    aim: float | None
    """What would be better still."""
    unit: Unit = "times"
    below: bool = False
    where: Literal["cpu", "accelerator"] = "cpu"
    """What kind of device the target is for."""

    @property
    def verdict(self) -> str:
        """met or short."""
        if self.measured is None:
            return "not measured"
        met = self.measured < self.wanted if self.below else self.measured >= self.wanted
        return "met" if met else "short"

    @property
    def row(self) -> list[str]:
        """As `TARGET_HEADER` has it."""
        bound = "below" if self.below else "at least"
        measured = "" if self.measured is None else _number(self.measured, self.unit)
        aim = "" if self.aim is None else f"{bound} {_number(self.aim, self.unit)}"
        return [self.benchmark, self.against, measured, f"{bound} {_number(self.wanted, self.unit)}", aim, self.verdict]


TARGET_HEADER = ["benchmark", "against, in the same run", "measured", "wanted", "aim", ""]


@dataclass(frozen=True)
class Report:
    """All that one command found."""

    command: str
    tables: list[Table]
    targets: list[Target]
    machine: str
    """See `machine`."""

    def to_json(self) -> str:
        """What `from_json` reads."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """What `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        fields["tables"] = [Table(**table) for table in fields["tables"]]
        fields["targets"] = [Target(**target) for target in fields["targets"]]
        return cls(**fields)

    def print(self, console: Console) -> None:
        """Every table, the targets, and the machine."""
        for table in self.tables:
            console.print(terminal_table(table.title, table.rows))
            if table.note:
                console.print(table.note, soft_wrap=True, highlight=False)
        if self.targets:
            console.print(terminal_table("targets", target_rows(self.targets)))
        console.print(self.machine, soft_wrap=True, highlight=False)

    @property
    def markdown(self) -> str:
        """A section of a page, with the targets left out."""
        parts = [f"## `{self.command}`\n"]
        for table in self.tables:
            parts.append(f"{_sentence(table.title)}\n\n{markdown_table(table.rows)}")
            parts += [f"{table.note}\n"] if table.note else []
        return "\n".join(parts)


def target_rows(targets: list[Target]) -> list[list[str]]:
    """A header and a row for each target."""
    return [TARGET_HEADER, *(target.row for target in targets)]


def machine() -> str:
    """The device, the processors, the versions, and the day."""
    import jax

    versions = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    device = f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores ({_processor()})"
    return f"{device}, Python {platform.python_version()}, {versions}; {date.today()}"


def on_accelerator() -> bool:
    """Whether JAX computes on anything but the CPU."""
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
