"""Tables for a terminal of any width: columns that do not fit beside the others stand below them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

GAP = 2
"""The number of spaces between two columns."""


@dataclass(frozen=True)
class TerminalTable:
    """Rows of text that rich prints: the first one is the header, and the first cell of each is its label.

    Where not all columns fit, headers are broken into lines. Where that does not suffice, the table is printed in
    parts, one below the other, each with the labels and as many of the next columns as fit; so the columns that matter
    most come first. Brackets in the text are not markup.
    """

    title: str
    rows: Sequence[Sequence[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the title, and a table or its parts, none of which is wider than the console."""
        yield Text(self.title)
        labels, *others = columns = [_Column(cells[0], cells[1:]) for cells in zip(*self.rows, strict=True)]
        if sum(column.width for column in columns) + GAP * len(others) <= options.max_width:
            yield _as_one(columns, [column.width for column in columns])
            return
        labels_width = min(labels.narrow_width, options.max_width // 2)
        left = max(1, options.max_width - labels_width - GAP)
        for part in _parts(others, left):
            yield Text()
            widths = [labels_width, *(min(column.narrow_width, left) for column in part)]
            yield _as_one([labels, *part], widths)


@dataclass(frozen=True)
class _Column:
    header: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """The width with the header on one line."""
        return max(map(cell_len, (self.header, *self.cells)))

    @property
    def narrow_width(self) -> int:
        """The width with the header broken wherever it may be."""
        return max(map(cell_len, (*(piece.rstrip() for piece in _pieces(self.header)), *self.cells)))


def _parts(columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    """Divide columns into parts no wider than `width`, or of one column where that one is wider."""
    part: list[_Column] = []
    used = 0
    for column in columns:
        if part and used + GAP + column.narrow_width > width:
            yield part
            part, used = [], 0
        part.append(column)
        used += column.narrow_width + (GAP if len(part) > 1 else 0)
    yield part


def _as_one(columns: Sequence[_Column], widths: Sequence[int]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))  # the box adds a space
    for i, (column, width) in enumerate(zip(columns, widths, strict=True)):
        header = Text(_broken(column.header, width))
        table.add_column(header, justify="left" if i == 0 else "right", overflow="fold", width=width)
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, cells))
    return table


def _broken(header: str, width: int) -> str:
    """Break a header into lines of at most `width`, where it may be broken."""
    lines = [""]
    for piece in _pieces(header):
        if cell_len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines if line)


def _pieces(header: str) -> list[str]:
    """Return the pieces that a header may be broken into: after spaces, underscores, dashes and slashes."""
    return re.findall(r"[\s_/-]*[^\s_/-]+[\s_/-]*", header) or [header]
