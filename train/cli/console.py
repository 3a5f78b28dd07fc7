"""The output of commands: tables for the terminal and for Markdown, sentences, and the files that were written."""

import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from train.cli.terminal_table import TerminalTable

UNLIMITED = 10_000
"""The width of an output that is no terminal, characters: whatever we print is narrower."""


def console() -> Console:
    """Return a console as wide as the terminal; a file or a pipe takes lines of any length.

    A character that the output's encoding lacks is printed as its code, so that two names never look the same.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    plain = Console()
    return plain if plain.is_terminal else Console(width=UNLIMITED)


def terminal_table(title: str, rows: list[list[str]]) -> TerminalTable:
    """Return rows as a table for the terminal; the first one is the header. Brackets in the text are not markup."""
    return TerminalTable(title, rows)


def markdown_table(rows: list[list[str]]) -> str:
    """Return rows as a Markdown table; the first one is the header. A bar in the text does not end a cell."""
    header, *body = [f"| {' | '.join(map(markdown_cell, row))} |" for row in rows]
    rule = "|---" + "|---:" * (len(rows[0]) - 1) + "|"
    return "\n".join([header, rule, *body]) + "\n"


def markdown_cell(text: str) -> str:
    """Return text for a cell of a Markdown table, in which bars, newlines and characters of markup are escaped.

    Backticks stay, because our own tables put names of scenarios between them.
    """
    return re.sub(r"([\\*\[\]<>|]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))


def short_number(number: float) -> str:
    """Write a number with three digits, or more before the point, and never an exponent: 0.3, 6.46, 139, 3,162."""
    return f"{number:,.3g}" if number < 999.5 else f"{number:,.0f}"


def print_sentences(out: Console, text: str) -> None:
    """Print text as it is, without breaking lines or colouring anything."""
    out.print(text, soft_wrap=True, highlight=False, markup=False)


def print_written(out: Console, files: Iterable[Path]) -> None:
    """Say which files were written, in one line."""
    names = ", ".join(map(str, files))
    if names:
        print_sentences(out, f"written: {names}")
