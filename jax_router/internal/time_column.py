"""The times of a trace, read block by block: their format, and which of them are far from the others."""

from os import PathLike
from typing import NoReturn

import numpy as np

from jax_router.internal.csv_rows import Rows
from jax_router.internal.timestamps import EXAMPLE, FAR, UNITS, are_numbers, read_numbers, read_times, unit_of

LONGEST_SILENCE = 300 * 86_400.0
"""The longest plausible time without any request, s. A wrong year, or a time of 0, makes a longer one."""
_NO_EPOCH = f"{EXAMPLE} (2000 to 2100); to seconds since the start of the trace, add 1700000000"


class TimeColumn:
    """The times of R requests. The first block decides their format, which all other blocks must have, too."""

    def __init__(self, path: str | PathLike[str], name: str) -> None:
        self.name = name
        self.format = ""  # such as "milliseconds since 1970"; empty before the first block
        self._path = path
        self._are_numbers = False
        self._unit = -1  # the index in UNITS, if the times are numbers
        self._zoned = False  # whether ISO 8601 times have a zone
        self._per_second = 1e9
        self._stamps: list[np.ndarray] = []  # one array a block: int64 ns since 1970, or float64 in the file's unit
        self._extremes: list[Rows] = []  # for each block, the rows with its first and its last time

    def append(self, rows: Rows) -> None:
        """Read the times of a block. Raises `ValueError` for a value that is no time, or has another format."""
        if not self.format:
            self._are_numbers = are_numbers(rows.table[self.name])
        stamps = self._read_numbers(rows) if self._are_numbers else self._read_times(rows)
        self._stamps.append(stamps)
        self._extremes.append(rows.take([int(stamps.argmin()), int(stamps.argmax())]))

    def near_the_others(self) -> np.ndarray:
        """Return which requests belong to the majority that has no gap over `LONGEST_SILENCE` within, (R,) bool.

        Raises `ValueError` where there is no such majority.
        """
        seconds = np.concatenate(self._stamps) / self._per_second
        with np.errstate(over="ignore"):  # a number of 1e308 is far from any other
            if seconds.max() - seconds.min() <= LONGEST_SILENCE:
                return np.ones(len(seconds), bool)
            ordered = np.sort(seconds)
            first_of_group = np.flatnonzero(np.diff(ordered, prepend=-np.inf) > LONGEST_SILENCE)
        sizes = np.diff(first_of_group, append=len(ordered))
        start, size = first_of_group[sizes.argmax()], sizes.max()
        if 2 * size <= len(ordered):
            raise ValueError(
                f"{self._path}: silences of more than {LONGEST_SILENCE / 86_400:.0f} days part its "
                f"{len(ordered)} requests into {len(sizes)} groups; a trace must be one of them"
            )
        if abs(ordered[start]) >= FAR / 1e9:
            self._refuse_outside(1 - FAR, FAR - 1, "it must be in the years 1678 to 2261")
        return (seconds >= ordered[start]) & (seconds <= ordered[start + size - 1])

    def refuse_far(self, near: np.ndarray) -> NoReturn:
        """Raise a `ValueError` that names a row for which `near`, (R,) bool, does not hold."""
        stamps = np.concatenate(self._stamps)
        first, last = stamps[near].min(), stamps[near].max()
        days = [np.datetime64(int(stamp / self._per_second), "s").astype("datetime64[D]") for stamp in (first, last)]
        self._refuse_outside(
            first,
            last,
            f"{near.sum()} of {len(near)} requests lie from {days[0]} to {days[1]}; mend the others, or leave them out "
            'with outliers="drop" (--trace-outliers drop)',
        )

    def seconds(self, kept: np.ndarray) -> np.ndarray:
        """Return the times of the requests in `kept`, (R,) bool, in s since the first of them.

        Raises `ValueError` where they are all the same.
        """
        stamps = np.concatenate(self._stamps)[kept]
        if stamps.min() == stamps.max():
            raise ValueError(f"{self._path}: all requests have the same {self.name}; a trace must span some time")
        return (stamps - stamps.min()) / self._per_second

    def _read_times(self, rows: Rows) -> np.ndarray:
        times = read_times(rows.table[self.name])
        rows.check(self.name, times.valid, EXAMPLE)
        if not self.format:
            self._zoned = bool(times.zoned.mean() > 0.5)
            self.format = "ISO 8601 with zones" if self._zoned else "ISO 8601 without zones"
        rows.check(self.name, times.zoned == self._zoned, f"written as most others are, in {self.format}")
        return times.nanoseconds

    def _read_numbers(self, rows: Rows) -> np.ndarray:
        numbers = read_numbers(rows.table[self.name])
        rows.check(self.name, np.isfinite(numbers), f"a number, as most others are, or all of them {EXAMPLE}")
        units = unit_of(numbers)
        if not self.format:
            self._unit = int(units[np.argsort(numbers)[(len(numbers) - 1) // 2]])  # the median's
            if self._unit < 0:
                rows.check(self.name, units >= 0, _NO_EPOCH)
            unit = list(UNITS)[self._unit]
            self.format, self._per_second = f"{unit} since 1970", UNITS[unit]
        rows.check(self.name, (units == self._unit) | (units < 0), f"in {self.format}, as most others are")
        return numbers

    def _refuse_outside(self, first: float, last: float, reason: str) -> NoReturn:
        """Raise a `ValueError` that names a row with a time before `first` or after `last`.

        It is enough to look at the first and the last time of every block.
        """
        earliest, latest = (np.array([extreme(stamps) for stamps in self._stamps]) for extreme in (np.min, np.max))
        block = int(np.argmax((earliest < first) | (latest > last)))
        self._extremes[block].refuse(self.name, 0 if earliest[block] < first else 1, reason)
