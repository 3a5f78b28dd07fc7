"""The progress of long work: one line that moves in a terminal, a few lines in a file, a pipe or a dumb terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

NUM_LINES = 10
"""The number of lines that tell of the progress where no line can be written over."""
ROOMY = 80
"""The width from which on there is room for a bar, characters."""


@contextmanager
def shown_progress(
    console: Console, what: str, total: int, unit: str, done: int = 0
) -> Iterator[Callable[[int, str], None]]:
    """Yield a function `(done, status)` that shows how much of `what` is done, out of `total` units."""
    if not console.is_terminal or console.is_dumb_terminal:
        lines = _Lines(console, what, total, unit, done)
        yield lines.show
        return
    with Progress(*_columns(console.width, unit), console=console) as progress:
        task = progress.add_task(what, total=total, completed=done, status="")
        yield lambda done, status: progress.update(task, completed=done, status=status)


class _Lines:
    def __init__(self, console: Console, what: str, total: int, unit: str, done: int) -> None:
        self._console, self._what, self._total, self._unit = console, what, total, unit
        self._part = self._part_of(done)

    def show(self, done: int, status: str) -> None:
        if self._part_of(done) == self._part:
            return
        self._part = self._part_of(done)
        line = f"{self._what}: {done / self._total:4.0%}, {done}/{self._total} {self._unit}  {status}"
        self._console.print(line.rstrip(), soft_wrap=True, highlight=False, markup=False)

    def _part_of(self, done: int) -> int:
        return NUM_LINES * done // self._total


def _columns(width: int, unit: str) -> list[ProgressColumn]:
    status = TextColumn("{task.fields[status]}")
    if width < ROOMY:
        return [TaskProgressColumn(), TimeRemainingColumn(compact=True), status]
    count = TextColumn("{task.completed}/{task.total} " + unit)
    bar = BarColumn(bar_width=min(40, width - ROOMY + 12))
    return [TextColumn("{task.description}"), bar, TaskProgressColumn(), count, TimeRemainingColumn(), status]
