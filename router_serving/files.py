"""Files that are either whole or absent: each is written under another name, and renamed when it is complete."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Yield a path in the same folder to write to; the file replaces `path` at the end; an error removes it."""
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part{path.suffix}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_new(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a new file as a whole. Raises `FileExistsError` where one exists already, and leaves that one alone."""
    if os.path.lexists(path):
        raise FileExistsError(f"{path}: that file exists already, and nothing is overwritten")
    with written_beside(path) as beside, beside.open("xb") as file:
        write(file)


def write_text(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a text file in UTF-8 as a whole; with `replace`, over an older one.

    Raises `FileExistsError` without `replace` where the file exists already.
    """
    if not replace:
        write_new(path, lambda file: file.write(text.encode()))
        return
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")
