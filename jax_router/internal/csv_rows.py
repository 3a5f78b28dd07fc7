"""Reading a CSV file in blocks of rows, each with its place in the file, so that errors can name the line."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np
import pandas as pd

from jax_router.internal.compressed import open_text, shorten

BLOCK = 100_000
"""The number of rows that are held as strings at a time, so that memory does not grow with the file."""


@dataclass(frozen=True)
class Rows:
    """B rows of a CSV file, in the file's order."""

    source: "_Source"
    records: np.ndarray  # (B,) int64, the row's place in the file from 0, blank lines and the header counted
    table: pd.DataFrame  # (B, columns) strings; a field that is missing is empty

    def take(self, rows: list[int]) -> "Rows":
        """Return a block of these rows alone."""
        return Rows(self.source, self.records[rows], self.table.iloc[rows])

    def check(self, column: str, valid: np.ndarray, allowed: str) -> None:
        """Raise a `ValueError` that names the first row where `valid`, (B,) bool, does not hold."""
        if not valid.all():
            self.refuse(column, int(np.argmin(valid)), f"it must be {allowed}")

    def refuse(self, column: str, row: int, reason: str) -> NoReturn:
        """Raise a `ValueError` with the row's line, the column and its value there."""
        line = self.source.line(int(self.records[row]))
        raise ValueError(
            f"{self.source.path}, line {line}: {column} is {shown(self.table[column].iloc[row])}; {reason}"
        )


def read_rows(path: str | PathLike[str], required: tuple[str, ...]) -> Iterator[Rows]:
    """Read a CSV file, compressed or not, whose first line names the columns; lines without any value are skipped.

    Raises `OSError` where the file cannot be opened, and `ValueError` (naming the file, and the line where there is
    one) for an archive that is damaged, a file without text, a `required` column that is missing, two columns of the
    same name, and a line with more fields than the header.
    """
    with open_text(path) as text:
        source = _Source(path, text)
        names = None
        try:
            # The header is read as a row like the others, and blank lines are kept: rows can then be counted, and a
            # line with more fields than the header is an error.
            blocks = pd.read_csv(
                source, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False, chunksize=BLOCK
            )
            for block in blocks:
                records = block.index.to_numpy(np.int64) + source.blank_lines
                if names is None:
                    names = _checked_names(path, list(block.iloc[0]), required)
                    block, records = block[1:], records[1:]
                table = block.set_axis(names, axis=1)
                table, records = _without_blanks(table, records)
                if len(table):
                    yield Rows(source, records, table.reset_index(drop=True))
        except pd.errors.EmptyDataError:
            raise ValueError(f"{path}: no rows; the file is empty") from None
        except pd.errors.ParserError as error:
            raise ValueError(f"{path}: not a CSV file: {source.explain(error)}") from None


def shown(value: str) -> str:
    """Return a value of a file for an error message: quoted, on one line, and shortened."""
    return repr(shorten(value, 60))


class _Source(io.TextIOBase):
    """The text of a file from its first line that is not blank, as pandas reads it."""

    def __init__(self, path: str | PathLike[str], text: TextIO) -> None:
        self.path = path
        self.blank_lines = 0  # before the header
        self._text = text
        self._quotes = False
        while (head := text.readline()) and not head.strip():
            self.blank_lines += 1
        self._head = head

    def read(self, size: int | None = -1) -> str:
        piece = self._head or self._text.read(-1 if size is None else size)
        self._head = ""
        self._quotes = self._quotes or '"' in piece
        return piece

    def line(self, record: int) -> int:
        """Return the line, from 1, in which a record begins: a quoted field may hold newlines."""
        if not self._quotes or not Path(self.path).is_file():  # a pipe cannot be read again
            return record + 1
        with open_text(self.path) as text:
            reader = csv.reader(text)
            try:
                for _ in range(record):
                    next(reader)
            except (csv.Error, StopIteration):
                return record + 1
            return reader.line_num + 1

    def explain(self, error: pd.errors.ParserError) -> str:
        """Return what pandas says on one line; it counts records from the header."""
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        if unclosed := re.fullmatch(r"EOF inside string starting at row (\d+)", reason):
            return f"the quote in line {self.line(int(unclosed[1]) + self.blank_lines)} is never closed"
        if fields := re.fullmatch(r"(Expected \d+ fields) in line (\d+), (saw \d+)", reason):
            return f"{fields[1]} in line {self.line(int(fields[2]) - 1 + self.blank_lines)}, {fields[3]}"
        return shorten(reason, 100)


def _checked_names(path: str | PathLike[str], names: list[str], required: tuple[str, ...]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path}: {names.count(name)} columns are called {shown(name)}")
    for name in required:
        if name not in names:
            there = ", ".join(name if name.isprintable() else repr(name) for name in names)
            raise ValueError(f"{path}: no column {name}; it has {shorten(there, 200)}")
    return names


def _without_blanks(table: pd.DataFrame, records: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Leave out blank rows. A line of spaces counts as blank; all but its first field are empty."""
    blank = np.logical_and.reduce([table[name].to_numpy() == "" for name in table.columns[1:]])
    blank[blank] = table[table.columns[0]][blank].str.strip() == ""
    return (table[~blank], records[~blank]) if blank.any() else (table, records)
