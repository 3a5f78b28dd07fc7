"""Tables of the serving commands lose no cell, and are no wider than the terminal."""

import pytest

from router_serving.text_table import text_table

ROWS = [
    ["strategy", "reward / 1,000", "USD / 1,000", "quality", "mean s", "p95 s", "late"],
    ["simple-shuffle, policy in shadow", "751 ± 12", "0.21", "0.832", "2.31", "6.71", "4%"],
    ["policy", "-1769 ± 3", "10.45", "0.795", "12.52", "30.00", "100%"],
]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_cell_is_lost_and_no_line_too_long(width: int) -> None:
    text = text_table(ROWS, width)
    assert max(map(len, text.splitlines())) <= width
    for cell in (cell for row in ROWS for cell in row):
        assert cell in text


def test_a_narrow_terminal_gets_the_first_columns_first_and_their_rows_named_again() -> None:
    first, second = text_table(ROWS, 80).split("\n\n")
    assert first.splitlines()[0].split("  ")[-1].strip() == "mean s"
    assert second.splitlines()[2] == "policy".ljust(32) + "  30.00  100%"


def test_a_pipe_gets_one_table() -> None:
    assert len(text_table(ROWS).splitlines()) == 3
