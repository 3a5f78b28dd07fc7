"""How a command ends for bad input: one line on standard error, and exit status 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


def stop(message: str, status: int) -> NoReturn:
    """Say why, and exit."""
    print(message, file=sys.stderr)
    sys.exit(status)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what bad input raises, `ValueError` and `OSError`, into one line and exit status 2."""
    try:
        yield
    except FileNotFoundError as error:
        stop(f"error: {error.filename}: no such file", 2)
    except (ValueError, OSError) as error:
        stop(f"error: {' '.join(str(error).split())}", 2)
