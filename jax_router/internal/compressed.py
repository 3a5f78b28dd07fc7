"""Text files, read as plain text or decompressed from one of the common formats."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from errno import EINVAL
from os import PathLike, fspath
from typing import IO, Protocol, TextIO


@contextmanager
def open_text(path: str | PathLike[str]) -> Iterator[TextIO]:
    """Open a UTF-8 text file for reading; the suffix of its name says how it is compressed.

    `.gz`, `.bz2`, `.xz`, `.zst` and `.zip` (of one file) are decompressed while they are read. Newlines stay as they
    are, and a byte order mark is left out.

    Raises `OSError` where the file cannot be opened, and `ValueError` (one line that names the file) where it is cut
    off, damaged, not text, or not in the format of its suffix; the latter also while the body of the `with` reads it.
    """
    name = fspath(path).lower()
    if name.endswith((".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")):
        raise ValueError(f"{path}: a tar archive; compress the file alone, as .gz, .bz2, .xz, .zst or .zip")
    ending = next((ending for ending in _DECOMPRESSORS if name.endswith(ending)), None)
    with ExitStack() as stack:
        content = stack.enter_context(open(path, "rb"))
        if ending is not None:
            with _damage_named(path, ending):
                decompressor = _DECOMPRESSORS[ending](content)
            content = io.BufferedReader(_Decompressed(path, ending, decompressor), 1 << 16)
        try:
            yield stack.enter_context(io.TextIOWrapper(content, encoding="utf-8-sig", newline=""))
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not a text file in UTF-8: {error.reason}") from None


def shorten(text: str, most: int) -> str:
    """Return the text, cut to `most` characters where it is longer."""
    return text if len(text) <= most else text[: most - 3] + "..."


class _Decompressor(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Refused(Exception):
    """Raised for an archive that is not damaged, but cannot be read."""


@contextmanager
def _damage_named(path: str | PathLike[str], ending: str) -> Iterator[None]:
    """Turn the dozen types of error that decompressors raise for damage into a `ValueError` that names the file."""
    try:
        yield
    except _Refused as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:
        # Errors with an errno come from the disk, except when a decompressor seeks to a place before the beginning.
        if isinstance(error, OSError) and error.errno not in (None, EINVAL):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: cut, damaged or not a {ending} file: {shorten(reason, 100)}") from None


class _Decompressed(io.RawIOBase):
    """The decompressed bytes of a file; errors of the decompressor name the file."""

    def __init__(self, path: str | PathLike[str], ending: str, content: _Decompressor) -> None:
        self._path, self._ending, self._content = path, ending, content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _damage_named(self._path, self._ending):
            piece = self._content.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _open_zip(content: IO[bytes]) -> _Decompressor:
    archive = zipfile.ZipFile(content)
    # macOS adds a folder of its own to the archive.
    files = [file for file in archive.infolist() if not file.is_dir() and not file.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        raise _Refused(f"a .zip with {len(files)} files; it must hold one")
    if files[0].flag_bits & 1:
        raise _Refused("a .zip with a password; unpack it first")
    return archive.open(files[0])


def _open_zstd(content: IO[bytes]) -> _Decompressor:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise _Refused("a .zst file needs the package backports.zstd; install it, or unpack the file first") from None
    return zstd.ZstdFile(content)


_DECOMPRESSORS: dict[str, Callable[[IO[bytes]], _Decompressor]] = {
    ".gz": lambda content: gzip.GzipFile(fileobj=content),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _open_zstd,
    ".zip": _open_zip,
}
