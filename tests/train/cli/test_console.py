"""Numbers and tables as commands print them."""

import pytest

from train.cli.console import markdown_table, short_number


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.3, "0.3"), (6.456, "6.46"), (31.62, "31.6"), (999.4, "999"), (999.6, "1,000"), (3162.3, "3,162")],
)
def test_a_short_number_has_no_exponent(number: float, text: str) -> None:
    assert short_number(number) == text


def test_a_markdown_table_has_its_numbers_on_the_right() -> None:
    assert markdown_table([["what", "USD"], ["ours", "1.5"]]) == "| what | USD |\n|---|---:|\n| ours | 1.5 |\n"
