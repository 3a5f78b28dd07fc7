"""Compressed text: read as it was, and refused in one line where it is cut, damaged or something else."""

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jax_router.internal.compressed import open_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = "TIMESTAMP,ContextTokens\r\n" + "".join(
    f"2023-11-16 18:{i // 60:02d}:{i % 60:02d},{i * i}\n" for i in range(900)
)


def zipped(content: bytes, *names: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names or ("trace.csv",):
            file.writestr(name, content)
    return archive.getvalue()


COMPRESS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
    ".zip": zipped,
}
EACH = pytest.mark.parametrize("ending", COMPRESS)
# Every example writes the file anew.
FUZZ = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path):
    with open_text(path) as text:
        return text.read()


def refusal(path):
    with pytest.raises(ValueError, match=r"^") as error:
        read(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    assert len(message) < len(str(path)) + 200
    return message


@EACH
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_text_is_read_as_it_was(tmp_path, ending, mark):
    for name in (f"a.csv{ending}", f"A.CSV{ending.upper()}"):
        (tmp_path / name).write_bytes(COMPRESS[ending](mark + TEXT.encode()))
        assert read(tmp_path / name) == TEXT


@EACH
def test_several_streams_in_one_file_are_read_to_the_end(tmp_path, ending):
    """`cat a.gz b.gz` is a file that these programs read; a zip is not such a file."""
    if ending != ".zip":
        path = tmp_path / f"a.csv{ending}"
        path.write_bytes(COMPRESS[ending](b"one,") + COMPRESS[ending](b"two"))
        assert read(path) == "one,two"


@EACH
@given(share=st.floats(0, 1, exclude_max=True))
@FUZZ
def test_a_cut_file_is_refused(tmp_path, ending, share):
    whole = COMPRESS[ending](TEXT.encode())
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(whole[: max(1, int(share * len(whole)))])
    assert f"cut, damaged or not a {ending} file" in refusal(path)


@EACH
@given(data=st.data())
@FUZZ
def test_a_damaged_file_is_refused_or_read_as_text(tmp_path, ending, data):
    content = bytearray(COMPRESS[ending](TEXT.encode()))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(content)
    try:
        text = read(path)
    except ValueError:
        refusal(path)
    else:
        assert ending == ".zst" or text == TEXT  # our .zst has no checksum; what is damaged in the others is noticed


@EACH
def test_plain_text_under_a_compressed_name_is_refused(tmp_path, ending):
    path = tmp_path / f"a.csv{ending}"
    path.write_text(TEXT)
    assert f"not a {ending} file" in refusal(path)


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("folder/",)], ids=["two files", "none"])
def test_a_zip_holds_one_file(tmp_path, names):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(b"", *names))
    assert f"a .zip with {len(names) if 'b.csv' in names else 0} files; it must hold one" in refusal(path)


def test_what_macos_packs_beside_a_file_is_passed_over(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(TEXT.encode(), "a/", "a/trace.csv", "__MACOSX/a/._trace.csv"))
    assert read(path) == TEXT


def test_a_zip_with_a_password_is_refused(tmp_path):
    content = bytearray(zipped(TEXT.encode()))
    content[content.index(b"PK\1\2") + 8] |= 1  # the flag in the directory that says so
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert "with a password; unpack it first" in refusal(path)


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.TGZ"])
def test_a_tar_archive_is_refused(tmp_path, name):
    with tarfile.open(tmp_path / name, "w") as archive:
        archive.add(__file__, "trace.csv")
    assert "compress the file alone" in refusal(tmp_path / name)


def test_zst_without_its_library_is_refused(tmp_path, monkeypatch):
    for name in ("compression", "backports"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, f"{name}.zstd", raising=False)
    path = tmp_path / "a.zst"
    path.write_bytes(b"")
    assert "needs the package backports.zstd" in refusal(path)


@pytest.mark.parametrize("ending", ["", *COMPRESS])
def test_what_cannot_be_opened_is_the_systems_error(tmp_path, ending):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / f"no.csv{ending}")
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(IsADirectoryError):
        read(tmp_path / f"folder{ending}")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xfe\x00\x80")
    assert "not a text file in UTF-8" in refusal(path)
