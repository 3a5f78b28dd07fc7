"""The workers of one host see each other through a table in shared memory: a row for each, that it alone writes.

A worker claims a row by a lock that the kernel drops with the process, and a row whose heartbeat stands still counts
for nothing in flight. What its owner spent stays in the row, and what it held back counts as spent for who takes it
over.
"""

import fcntl
import hashlib
import mmap
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from router_serving.gateway.ledger import Ledger

MOST_WORKERS = 64
"""Rows of the table."""
SILENT = 1.0
"""A row that has been silent for so many s counts for nothing in flight."""
PATIENCE = 0.005
"""How long a decision waits for its turn, s."""
_PERIOD, _SPENT, _HELD, _FIXED = 0, 1, 2, 3
"""Columns of a group in a row; then follow N requests and N tokens."""


def table_path(identity: str) -> Path:
    """Where the table of these settings is: in /dev/shm where there is one, and for this user alone."""
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
    return folder / f"router_serving-{os.getuid()}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


class SharedTable:
    """The table, and this worker's row in it."""

    def __init__(self, path: Path, groups: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        """Claim a row for the groups, with so many models each. Raises `ValueError` where there are too many workers.

        `clock` is the same for all processes of the host.
        """
        self._clock = clock
        self._start: dict[str, tuple[int, int]] = {}
        width = 1
        for name, count in groups.items():
            self._start[name] = (width, count)
            width += _FIXED + 2 * count
        shape = (MOST_WORKERS, width)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        size = 8 * MOST_WORKERS * width
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)
        # By hand: np.memmap opens the file once more, and closing any descriptor of it drops all of our locks.
        self._map = mmap.mmap(self._file, size)
        self._table = np.frombuffer(self._map, np.float64).reshape(shape)
        self.worker = self._claim()
        """The number of this worker's row."""
        self._inherited = self._table[self.worker].copy()

    def group(self, name: str) -> "SharedGroup":
        """What this worker knows of the others in one group."""
        return SharedGroup(self, *self._start[name])

    def beat(self) -> None:
        """Say that this worker is alive."""
        self._table[self.worker, 0] = self._clock()

    def alive(self) -> np.ndarray:
        """(W,) bool: the rows whose owners have been heard of lately."""
        return np.abs(self._clock() - self._table[:, 0]) < SILENT

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """See `Others.exclusive`."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, MOST_WORKERS)
                break
            except OSError:
                if time.monotonic() > until:
                    yield False
                    return
                time.sleep(0.0001)
        try:
            yield True
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, MOST_WORKERS)

    def close(self) -> None:
        """Leave the row to the next worker."""
        self._table[self.worker, 0] = -np.inf
        os.close(self._file)

    def _claim(self) -> int:
        for row in range(MOST_WORKERS):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
            except OSError:
                continue
            return row
        raise ValueError(f"share is 'shm', and there are more than {MOST_WORKERS} workers")


class SharedGroup:
    """`Others` of one group, through the table."""

    def __init__(self, table: SharedTable, start: int, num_models: int) -> None:
        self._table, self._start, self._count = table, start, num_models
        self._rows = table._table[:, start : start + _FIXED + 2 * num_models]

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """See `Others.load`."""
        alive = self._table.alive()
        alive[self._table.worker] = False
        sums = self._rows[alive, _FIXED:].sum(axis=0)
        return sums[: self._count], sums[self._count :]

    def money(self, period: int) -> float:
        """See `Others.money`; a worker that is gone is part of it."""
        paid = self._rows[:, _PERIOD] == period
        paid[self._table.worker] = False
        return float(self._rows[paid, _SPENT : _HELD + 1].sum())

    def inherited(self, period: int) -> float:
        """See `Others.inherited`."""
        row = self._table._inherited[self._start : self._start + _FIXED]
        return float(row[_SPENT] + row[_HELD]) if row[_PERIOD] == period else 0.0

    def workers(self) -> int:
        """See `Others.workers`."""
        alive = self._table.alive()
        alive[self._table.worker] = True
        return int(alive.sum())

    def publish(self, ledger: Ledger) -> None:
        """See `Others.publish`."""
        row = self._rows[self._table.worker]
        row[_PERIOD], row[_SPENT], row[_HELD] = ledger.period, ledger.spent, ledger.held
        row[_FIXED : _FIXED + self._count] = ledger.requests
        row[_FIXED + self._count :] = ledger.tokens
        self._table.beat()

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """See `Others.exclusive`."""
        with self._table.exclusive() as is_ours:
            yield is_ours
