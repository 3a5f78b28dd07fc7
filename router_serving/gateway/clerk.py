"""What a gateway writes and tidies up, in a thread of its own: nothing of it ever waits on a request's way."""

import atexit
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LOG = logging.getLogger("router_serving")
PAUSE = 0.5
"""Between two looks at what there is to write, s."""
TIDY = 1.0
"""Between two times of tidying up, s."""
MOST_CAUSES = 200
"""Different causes that are said; beyond, a gateway says no new ones."""


class Ticker:
    """It calls something again and again, from a thread of its own; what is called raises nothing."""

    def __init__(self, seconds: float, tick: Callable[[], None]) -> None:
        self._seconds, self._tick, self._stop = seconds, tick, threading.Event()
        self._thread = threading.Thread(target=self._run, name="router_serving ticker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._tick()


class Clerk:
    """It appends lines to a file, and calls what has to be called every now and then."""

    def __init__(self, file: Path | None, chores: Sequence[Callable[[], None]]) -> None:
        """Append to `file`, if there is one, and do the `chores` about once a second. Raises `OSError` where the file
        cannot be opened: an operator should know at the start."""
        self._file, self._chores = file, chores
        self._lines: queue.SimpleQueue[Callable[[], str]] = queue.SimpleQueue()
        self._causes: set[str] = set()
        self._stop = threading.Event()
        self._once = threading.Lock()
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("a", encoding="utf-8").close()
        self._thread = threading.Thread(target=self._run, name="router_serving", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: Callable[[], str]) -> None:
        """Have a line written soon; it is made then, too, in the clerk's thread."""
        if self._file is not None:
            self._lines.put(line)

    def say(self, cause: str, message: str) -> None:
        """Warn of a cause the first time that it comes up."""
        if cause not in self._causes and len(self._causes) < MOST_CAUSES:
            self._causes.add(cause)
            LOG.warning("%s", message)

    def flush(self) -> None:
        """Write what is waiting, and do the chores, now."""
        with self._once:
            self._write_waiting()
            self._do_chores()

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
        self._stop.set()
        self._thread.join(timeout=5.0)
        self.flush()
        atexit.unregister(self.close)

    def _run(self) -> None:
        tidied = time.monotonic()
        while not self._stop.wait(PAUSE):
            with self._once:
                self._write_waiting()
                if time.monotonic() - tidied >= TIDY:
                    self._do_chores()
                    tidied = time.monotonic()

    def _write_waiting(self) -> None:
        if self._file is None or self._lines.empty():
            return
        lines = []
        while not self._lines.empty():
            try:
                lines.append(self._lines.get()() + "\n")
            except Exception as error:  # one line must not take the others along
                self.say("line", f"a decision is lost: {type(error).__name__}: {error}")
        try:
            # Opened anew each time, so that the file may be moved away; one write, so that workers do not mix lines.
            with self._file.open("ab", buffering=0) as file:
                file.write("".join(lines).encode())
        except OSError as error:
            self.say("decisions", f"decisions are lost: {error}")

    def _do_chores(self) -> None:
        for chore in self._chores:
            try:
                chore()
            except Exception as error:  # one chore must not end the others
                self.say(f"chore {type(error).__name__}", f"{type(error).__name__}: {error}")
