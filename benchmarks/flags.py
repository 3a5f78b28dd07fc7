"""What every benchmark's command has in common: how long to measure, and where to write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.report import Report
from jax_router.internal.checks import check_whole_number
from router_serving.files import write_text
from train.cli.command import parse_flags
from train.cli.console import console
from train.cli.errors import check_new_file, one_line_errors


@dataclass(frozen=True)
class Flags:
    """How long to measure, and where to write."""

    quick: bool = False
    """Repeat little and briefly, to check that it runs; the numbers are not to be quoted."""
    output: Path | None = None
    """Write tables and targets as JSON to this file, too, which must not exist yet."""

    @property
    def repeats(self) -> int:
        """The number of turns that count."""
        return 3 if self.quick else 11

    @property
    def seconds(self) -> float:
        """The time that one timed call should take, roughly, s."""
        return 0.05 if self.quick else 0.25

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        if self.output is not None:
            check_new_file("--output", self.output)


AnyFlags = TypeVar("AnyFlags", bound=Flags)


def check_counts(flag: str, counts: Sequence[int]) -> None:
    """Raise a `ValueError` where there is no number, or a number below 1."""
    if not counts:
        raise ValueError(f"{flag} is empty; give at least one number")
    for count in counts:
        check_whole_number(flag, count, at_least=1)


def run_command(
    name: str, flags_type: type[AnyFlags], measure: Callable[[AnyFlags], Report], args: Sequence[str] | None
) -> None:
    """Parse and check the flags, measure, print and write. Bad input ends it with one line and exit status 2."""
    flags = parse_flags(name, flags_type, args)
    with one_line_errors():
        flags.check()
        report = measure(flags)
        if flags.output is not None:
            write_text(flags.output, report.to_json())
        report.print(console())
