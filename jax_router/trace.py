"""A request trace as a file: reading it, and saying which line is wrong."""

import re
from dataclasses import dataclass
from os import PathLike

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Trace:
    """The R requests of a trace, in the file's order."""

    seconds: np.ndarray  # (R,) float64, s since the first request
    tokens: np.ndarray  # (R,) float64, prompt tokens
    complexity: np.ndarray | None  # (R,) float64, 0 .. 1, where the file has it


def read_trace(path: str | PathLike[str]) -> Trace:
    """Read a CSV file with the columns `TIMESTAMP`, `ContextTokens` and, if present, `complexity`.

    Raises `FileNotFoundError` where there is no file, and `ValueError` (naming file and line) for a missing column, no
    rows, a line with too many fields, a time that does not parse, tokens that are not a number of at least 0, a
    complexity outside 0 .. 1, and for a trace without any span of time or without any token.
    """
    table = _read_columns(path)
    for column in ("TIMESTAMP", "ContextTokens"):
        if column not in table:
            raise ValueError(f"{path}: no column {column}; it has {', '.join(map(str, table.columns)) or 'none'}")
    if table.empty:
        raise ValueError(f"{path}: no rows; a trace needs at least two requests")

    times = pd.to_datetime(table["TIMESTAMP"], format="ISO8601", errors="coerce", utc=True)
    _check_rows(path, table["TIMESTAMP"], times.notna(), "a time such as 2023-11-16 18:15:46.6805900")
    tokens = pd.to_numeric(table["ContextTokens"], errors="coerce").to_numpy(np.float64)
    _check_rows(path, table["ContextTokens"], np.isfinite(tokens) & (tokens >= 0), "a number of tokens, at least 0")
    complexity = None
    if "complexity" in table:
        complexity = pd.to_numeric(table["complexity"], errors="coerce").to_numpy(np.float64)
        _check_rows(path, table["complexity"], (complexity >= 0) & (complexity <= 1), "a number from 0 to 1")

    seconds = (times - times.min()).dt.total_seconds().to_numpy()
    if seconds.max() <= 0:
        raise ValueError(f"{path}: every TIMESTAMP is {table['TIMESTAMP'].iloc[0]}; a trace must span some time")
    if tokens.max() <= 0:
        raise ValueError(f"{path}: every ContextTokens is 0; a trace needs prompts with tokens")
    return Trace(seconds, tokens, complexity)


def _read_columns(path: str | PathLike[str]) -> pd.DataFrame:
    """The file as strings: what does not parse is then found by value and reported by line."""
    try:
        # The header is read as a row like the others, and blank lines are kept: row i is line i + 1 of the file, and
        # a line with more fields than the header is an error.
        rows = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path}: no rows; the file is empty") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        unclosed = re.fullmatch(r"EOF inside string starting at row (\d+)", reason)
        if unclosed:
            reason = f"the quote in line {int(unclosed[1]) + 1} is never closed"
        raise ValueError(f"{path}: not a CSV file: {reason}") from None
    names = list(rows.iloc[0])
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path}: {names.count(name)} columns are called {name!r}")
    return rows[1:].set_axis(names, axis=1).reset_index(drop=True)


def _check_rows(path: str | PathLike[str], column: pd.Series, valid: np.ndarray | pd.Series, allowed: str) -> None:
    valid = np.asarray(valid)
    if not valid.all():
        row = int(np.argmin(valid))
        raise ValueError(f"{path}, line {row + 2}: {column.name} is {column.iloc[row]!r}; it must be {allowed}")
