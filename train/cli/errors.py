"""How a command ends for bad input: one line on standard error, and exit status 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn


def stop(message: str, status: int) -> NoReturn:
    """Say why, and exit."""
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
    except FileNotFoundError as error:
        stop(f"error: {error.filename}: no such file", 2)
    except (ValueError, OSError) as error:
        stop(f"error: {' '.join(str(error).split())}", 2)
