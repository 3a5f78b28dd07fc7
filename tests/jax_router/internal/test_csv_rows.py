"""Rows of a CSV file: blank lines, line numbers, blocks, and whatever bytes there are."""

import gzip
import tracemalloc
from itertools import chain

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jax_router.internal import csv_rows
from jax_router.trace import read_trace

HEADER = "TIMESTAMP,ContextTokens"
ROWS = [f"2023-11-16 18:15:{second:02d}.6805900,{second}" for second in range(9)]
FUZZ = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLANK = st.sampled_from(["", " ", "\t ", "  ,", ",", '""'])
ENDS = pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])


@pytest.fixture(params=[2, csv_rows.BLOCK], ids=["blocks of 2", "one block"])
def block(request, monkeypatch):
    monkeypatch.setattr(csv_rows, "BLOCK", request.param)


@pytest.fixture
def write(tmp_path):
    def to_file(lines, newline="\n", mark=""):
        path = tmp_path / "trace.csv"
        path.write_bytes((mark + newline.join(lines)).encode())
        return path

    return to_file


@st.composite
def with_blanks(draw, lines):
    """The lines with blank ones anywhere between them; before the header, lines of spaces alone."""
    first = draw(st.lists(st.sampled_from(["", " ", "\t "]), max_size=2))
    after = [[line, *draw(st.lists(BLANK, max_size=2))] for line in lines]
    return [*first, *chain.from_iterable(after)]


@ENDS
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@given(lines=with_blanks([HEADER, *ROWS]))
@FUZZ
def test_blank_lines_are_skipped(write, block, newline, mark, lines):
    trace = read_trace(write(lines, newline, mark))
    np.testing.assert_array_equal(trace.tokens, np.arange(9))
    np.testing.assert_array_equal(trace.seconds, np.arange(9))


@ENDS
@given(lines=with_blanks([HEADER, *ROWS[:6], "2023-11-16 18:16:00,many", *ROWS[6:]]))
@FUZZ
def test_lines_are_counted_with_the_blank_ones(write, block, newline, lines):
    line = 1 + next(place for place, text in enumerate(lines) if "many" in text)
    with pytest.raises(ValueError, match=rf"trace\.csv, line {line}: ContextTokens is 'many'"):
        read_trace(write(lines, newline))


PROMPT = st.sampled_from(['"one"', '"two\nlines"', '"a ""quote""\n\nand three"', "none"])


@given(prompts=st.lists(PROMPT, min_size=9, max_size=9), blanks=st.integers(0, 2), fault=st.sampled_from("mfq"))
@FUZZ
def test_lines_are_counted_through_fields_with_newlines(write, block, prompts, blanks, fault):
    lines = [f"prompt,{HEADER}"] + [f"{prompt},{row}" for prompt, row in zip(prompts, ROWS, strict=True)]
    lines[7] = {
        "m": "x,2023-11-16 18:16:00,many",
        "f": "x,2023-11-16 18:16:00,1,2",
        "q": 'x,2023-11-16 18:16:00,"1',
    }[fault]
    text = "\n" * blanks + "\n".join(lines)
    if fault == "q":  # a quote that a later one closes is seen there
        text = "\n" * blanks + "\n".join([*lines[:8], "x,y,1"])
    line = 1 + text[: text.index("x,2023")].count("\n")
    with pytest.raises(ValueError, match=rf"line {line}\b"):
        read_trace(write([text]))


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("TIMESTAMP,ContextTokens,TIMESTAMP", "2 columns are called 'TIMESTAMP'"),
        ("time;tokens", "no column TIMESTAMP; it has time;tokens"),
        ('TIMESTAMP,"Context\nTokens"', r"no column ContextTokens; it has TIMESTAMP, 'Context\nTokens'"),
        ("x" * 500, f"no column TIMESTAMP; it has {'x' * 197}..."),
    ],
)
def test_a_header_that_does_not_fit_is_shown_on_one_line(write, header, problem):
    path = write([header])
    with pytest.raises(ValueError, match="column") as error:
        read_trace(path)
    assert str(error.value) == f"{path}: {problem}"


def test_a_long_value_is_shown_in_part(write):
    path = write([HEADER, *ROWS, f"{'9' * 5000},1"])
    with pytest.raises(ValueError, match=r"line 11: TIMESTAMP is '9{57}\.\.\.'; it must be"):
        read_trace(path)


PIECES = [HEADER, "\n", "\r", "\r\n", ",", '"', " ", "\0", "complexity", "0.5", "1700000000", "now", "-1", "nan"]
PIECES += [
    "inf",
    "2023-11-16 18:15:46",
    "9999-12-31 00:00:00.1234567",
    "+00:00",
    "Z",
    "\ufeff",
    "\x85",
    "\u2028",
    "é",
    "1e400",
]
CONTENT = st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=40).map(lambda x: "".join(x).encode())


@given(content=CONTENT, header=st.booleans(), outliers=st.sampled_from(["refuse", "drop"]), compress=st.booleans())
@example(content=b"\xff\xfe\x00", header=True, outliers="refuse", compress=True)
@settings(FUZZ, max_examples=500)
def test_any_bytes_are_a_trace_or_refused_in_one_line(tmp_path, content, header, outliers, compress):
    content = f"{HEADER}\n".encode() * header + content
    path = tmp_path / ("trace.csv.gz" if compress else "trace.csv")
    path.write_bytes(gzip.compress(content) if compress else content)
    message, trace = None, None
    try:
        trace = read_trace(path, outliers=outliers)
    except ValueError as error:
        message = str(error)
    if trace is None:
        assert message.startswith(str(path))
        assert len(message.splitlines()) == 1
        assert len(message) < len(str(path)) + 400
    else:
        assert len(trace.tokens) == len(trace.seconds) >= 2
        assert trace.seconds.max() > 0
        assert trace.tokens.max() > 0


@given(ending=st.sampled_from(["", ".gz", ".bz2", ".xz", ".zst", ".zip", ".tar"]), content=st.binary(max_size=300))
@settings(FUZZ, max_examples=200)
def test_bytes_under_any_name_are_refused_in_one_line(tmp_path, ending, content):
    path = tmp_path / f"trace.csv{ending}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^") as error:
        read_trace(path)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value).splitlines()) == 1


def test_memory_does_not_grow_with_other_columns(write, monkeypatch):
    """Of 20,000 rows with a kilobyte of text each, only blocks of 100 are held at a time."""
    monkeypatch.setattr(csv_rows, "BLOCK", 100)
    text = "x" * 1000
    stamps = [f"{1_700_000_000 + row},1,{text}" for row in range(20_000)]
    path = write([f"{HEADER},prompt", *stamps])
    del stamps
    read_trace(path)  # what is imported on the way is not counted
    tracemalloc.start()
    try:
        read_trace(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8e6, f"{peak / 1e6:.1f} MB for a file of 20 MB"
