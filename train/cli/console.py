"""What commands print: tables for the terminal and for Markdown, and which files they wrote."""

import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text


def console() -> Console:
    """A console that does not cut tables off where the output is a file or a narrow pipe.

    What the output's encoding has no letter for is printed as its code, so that two names never look the same.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    plain = Console()
    return plain if plain.is_terminal else Console(width=200)


def terminal_table(title: str, rows: list[list[str]]) -> Table:
    """Rows for the terminal, the first of them the header. Text prints as it is: brackets are no markup."""
    table = Table(title=Text(title), title_justify="left")
    for i, column in enumerate(rows[0]):
        table.add_column(Text(column), justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    return table


def markdown_table(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first of them the header. Text prints as it is: a bar ends no cell."""
    header, *body = [f"| {' | '.join(map(markdown_cell, row))} |" for row in rows]
    rule = "|---" + "|---:" * (len(rows[0]) - 1) + "|"
    return "\n".join([header, rule, *body]) + "\n"


def markdown_cell(text: str) -> str:
    """Text for a cell of a Markdown table, where a bar, a line's end and signs of markup would mean something.

    Backticks stay: they are how our own tables write a name of a scenario.
    """
    return re.sub(r"([\\*\[\]<>|]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))


def short_number(number: float) -> str:
    """Three digits, all digits before the point where there are more, and never an exponent: 0.3, 6.46, 139, 3,162."""
    return f"{number:,.3g}" if number < 999.5 else f"{number:,.0f}"


def print_sentences(out: Console, text: str) -> None:
    """Print text as it is: nothing is cut into lines or coloured."""
    out.print(text, soft_wrap=True, highlight=False, markup=False)


def print_written(out: Console, files: Iterable[Path]) -> None:
    """Say which files were written, in one line."""
    names = ", ".join(map(str, files))
    if names:
        print_sentences(out, f"written: {names}")
