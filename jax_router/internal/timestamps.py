"""The times in a column of text: recognising their format, and turning them into numbers."""

from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
"""The units that a number since 1970 may have, and how many of each make a second."""
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""The range of numeric times, 2000 to 2100, s since 1970: within it, no number fits two units."""

FAR = np.iinfo(np.int64).max
"""A stand-in, ns, for times that int64 nanoseconds cannot hold: FAR after the year 2262, -FAR before 1677."""

EXAMPLE = "a time such as 2023-11-16 18:15:46.6805900, or a number of s, ms, us or ns since 1970"
_SHORTEST = 15  # characters of a date with a time, 20231116T181546; shorter text is cut off, or a date alone
_ZONE = r"(?:[Zz]|[+-]\d\d(?::?\d\d)?)$"


class Times(NamedTuple):
    """B texts as ISO 8601 times."""

    nanoseconds: np.ndarray  # (B,) int64, ns since 1970 UTC, at most FAR
    valid: np.ndarray  # (B,) bool, whether the text is a time
    zoned: np.ndarray  # (B,) bool, whether the text has an offset from UTC; a time without one is read as UTC


def are_numbers(texts: pd.Series) -> bool:
    """Return whether most of the texts are numbers, so that the column is to be read as such."""
    return bool(pd.to_numeric(texts, errors="coerce").notna().mean() > 0.5)


def read_numbers(texts: pd.Series) -> np.ndarray:
    """Return the texts as float64, with NaN for a text that is no number."""
    return pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)


def read_times(texts: pd.Series) -> Times:
    """Read ISO 8601: a date and a time, any number of digits of a second, with or without a zone.

    Two common departures from the standard are read, too: "UTC" or "GMT" as the zone, and a comma as decimal sign.
    """
    parsed, zoned = _parse(texts)
    if parsed.isna().any():
        for habit, standard in ((" UTC", "Z"), (" GMT", "Z"), (",", ".")):
            texts = texts.str.replace(habit, standard, regex=False)
        parsed, zoned = _parse(texts)
    nanoseconds = _as_nanoseconds(parsed)
    valid = parsed.notna() & (texts.str.len().to_numpy(np.int64) >= _SHORTEST)
    for row in np.flatnonzero(~valid):
        far = _far_time(texts.iloc[row])
        if far is None:
            break  # the caller refuses this row, and needs no more of them
        nanoseconds[row], valid[row], zoned[row] = FAR if far.year > 2000 else -FAR, True, far.tzinfo is not None
    return Times(nanoseconds, valid, zoned)


def unit_of(numbers: np.ndarray) -> np.ndarray:
    """Return the index in `UNITS` of the unit of each of B numbers; -1 for a number that fits no unit."""
    units = np.full(len(numbers), -1)
    for place, per_second in enumerate(UNITS.values()):
        units[(numbers >= EARLIEST * per_second) & (numbers < LATEST * per_second)] = place
    return units


def _parse(texts: pd.Series) -> tuple[pd.DatetimeIndex, np.ndarray]:
    index = pd.Index(texts)
    try:
        parsed = pd.to_datetime(index, format="ISO8601", errors="coerce")
        return parsed, np.full(len(texts), parsed.tz is not None)
    except ValueError:  # zones that differ, or only some times with one
        parsed = pd.to_datetime(index, format="ISO8601", errors="coerce", utc=True)
        return parsed, np.array(texts.str.contains(_ZONE, regex=True), bool)


def _as_nanoseconds(parsed: pd.DatetimeIndex) -> np.ndarray:
    """Return the times as int64 ns; the unit that pandas uses depends on the digits of the first one."""
    per_unit = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[parsed.unit]
    reach = FAR // per_unit
    counts = parsed.asi8
    return np.where(counts > reach, FAR, np.where(counts < -reach, -FAR, counts.clip(-reach, reach) * per_unit))


def _far_time(text: str) -> datetime | None:
    """Return the time if int64 nanoseconds cannot hold it, and None for any other text."""
    if len(text) < _SHORTEST:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if 1677 < time.year < 2262 else time
