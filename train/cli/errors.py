"""How a command ends early: one line on standard error, and an exit status that says why."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import NoReturn

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask a command to stop: Ctrl-C, what Slurm and Kubernetes send, and a terminal that was closed."""


class Stopped(KeyboardInterrupt):
    """Raised when one of the signals in `STOPPING` arrives."""

    def __init__(self, number: int) -> None:
        """Take the number of the signal."""
        super().__init__(number)
        self.status = 128 + number
        """The exit status by the convention of shells: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""


@cache
def say_once(sentence: str) -> None:
    """Print a sentence to standard error, the first time that it is said."""
    print(sentence, file=sys.stderr)


def stop(message: str, status: int) -> NoReturn:
    """Print why to standard error, and exit."""
    print(message, file=sys.stderr)
    sys.exit(status)


def check_new_file(flag: str, path: Path) -> None:
    """Raise a `ValueError` where `path`, given with `flag`, exists already, or its folder does not."""
    if path.exists():
        raise ValueError(f"{flag} is {path}; that file exists, choose another")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"{flag} is {path}; there is no such folder")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what bad input raises, `ValueError` and `OSError`, into one line and exit status 2."""
    try:
        yield
    except BrokenPipeError:
        # The reader of our output is gone, so nobody would see a message; Python would print one more at exit.
        sys.stdout = None
        sys.exit(1)
    except FileNotFoundError as error:
        stop(f"error: {error.filename}: no such file", 2)
    except (ValueError, OSError) as error:
        stop(f"error: {' '.join(str(error).split())}", 2)


@contextmanager
def signals_raise() -> Iterator[None]:
    """While it is entered, each of `STOPPING` raises `Stopped`, unless the process was told to ignore it."""

    def raise_stopped(number: int, _frame: FrameType | None) -> None:
        raise Stopped(number)

    with handled(raise_stopped):
        yield


@contextmanager
def handled(handler: object) -> Iterator[None]:
    """While it is entered, `handler` gets each of `STOPPING`, unless the process was told to ignore it."""
    # A signal that is ignored stays ignored, such as SIGHUP under `nohup`.
    numbers = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    try:
        usual = {number: signal.signal(number, handler) for number in numbers}  # type: ignore[arg-type]
    except ValueError:  # only the main thread may handle signals
        yield
        return
    try:
        yield
    finally:
        for number, before in usual.items():
            signal.signal(number, before)


@contextmanager
def stopped_in_one_line(message: str = "interrupted; nothing was written") -> Iterator[None]:
    """Turn a signal of `STOPPING` into one line and its exit status."""
    try:
        with signals_raise():
            yield
    except Stopped as stopped:
        stop(message, stopped.status)
