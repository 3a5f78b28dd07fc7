"""A request trace as a file: reading it, and saying which line is wrong."""

from dataclasses import dataclass
from os import PathLike
from typing import Literal, get_args

import numpy as np

from jax_router.internal.csv_rows import Rows, read_rows
from jax_router.internal.time_column import TimeColumn
from jax_router.internal.timestamps import read_numbers

Outliers = Literal["refuse", "drop"]
"""What to do about requests that are years away from the others."""


@dataclass(frozen=True)
class Trace:
    """The R requests of a trace, in the file's order."""

    seconds: np.ndarray  # (R,) float64, s since the first request
    tokens: np.ndarray  # (R,) float64, prompt tokens
    complexity: np.ndarray | None  # (R,) float64, 0 .. 1, where the file has it
    answer_tokens: np.ndarray | None  # (R,) float64, where they were asked for
    time_format: str  # how TIMESTAMP was read, such as "milliseconds since 1970"
    dropped: int  # the number of requests left out because they are years away from the others

    def remarks(self) -> tuple[str, ...]:
        """Return what a user should know about how the file was read, one sentence each."""
        read = f"TIMESTAMP is read as {self.time_format}"
        rows = "1 row is" if self.dropped == 1 else f"{self.dropped} rows are"
        return (read, f"{rows} left out, years away from the others") if self.dropped else (read,)


def read_trace(path: str | PathLike[str], *, outliers: Outliers = "refuse", answers: bool = False) -> Trace:
    """Read a CSV file with the columns `TIMESTAMP`, `ContextTokens` and, if present, `complexity`.

    With `answers`, the column `GeneratedTokens` is needed and read, too.

    `TIMESTAMP` is ISO 8601 with a date and a time (any number of digits of a second; with a zone in all rows or in
    none), or a number of s, ms, us or ns since 1970. Lines without any value are skipped. The file may be compressed:
    `.gz`, `.bz2`, `.xz`, `.zst` or a `.zip` of one file.

    Requests that are separated from most of the others by more than 300 days without any request raise an error, or are
    left out where `outliers` is "drop".

    Raises `OSError` where the file cannot be opened, and `ValueError` (naming the file, and the line where there is
    one) for a damaged archive, a missing column, no rows, a line with too many fields, a time that does not parse or
    is written in another way than the others, tokens that are not a number of at least 0, a complexity outside 0 .. 1,
    and for a trace without any span of time or without any token.
    """
    if outliers not in get_args(Outliers):
        raise ValueError(f"outliers is {outliers!r}; it must be 'refuse' or 'drop'")
    times, tokens, complexity, answered = TimeColumn(path, "TIMESTAMP"), [], [], []
    for rows in read_rows(path, required=("TIMESTAMP", "ContextTokens", *(("GeneratedTokens",) if answers else ()))):
        times.append(rows)
        tokens.append(_tokens(rows, "ContextTokens"))
        if answers:
            answered.append(_tokens(rows, "GeneratedTokens"))
        if "complexity" in rows.table:
            complexity.append(read_numbers(rows.table["complexity"]))
            rows.check("complexity", (complexity[-1] >= 0) & (complexity[-1] <= 1), "a number from 0 to 1")
    if not tokens:
        raise ValueError(f"{path}: no rows; a trace needs at least two requests")

    near = times.near_the_others()
    if outliers == "refuse" and not near.all():
        times.refuse_far(near)
    trace = Trace(
        seconds=times.seconds(near),
        tokens=np.concatenate(tokens)[near],
        complexity=np.concatenate(complexity)[near] if complexity else None,
        answer_tokens=np.concatenate(answered)[near] if answers else None,
        time_format=times.format,
        dropped=int((~near).sum()),
    )
    if trace.tokens.max() <= 0:
        raise ValueError(f"{path}: every ContextTokens is 0; a trace needs prompts with tokens")
    return trace


def _tokens(rows: Rows, column: str) -> np.ndarray:
    tokens = read_numbers(rows.table[column])
    rows.check(column, np.isfinite(tokens) & (tokens >= 0), "a number of tokens, at least 0")
    return tokens
