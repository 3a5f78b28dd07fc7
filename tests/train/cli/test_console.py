"""Numbers and tables as commands print them."""

import pytest

from train.cli.console import console, markdown_table, short_number, terminal_table


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.3, "0.3"), (6.456, "6.46"), (31.62, "31.6"), (999.4, "999"), (999.6, "1,000"), (3162.3, "3,162")],
)
def test_a_short_number_has_no_exponent(number: float, text: str) -> None:
    assert short_number(number) == text


def test_a_markdown_table_has_its_numbers_on_the_right() -> None:
    assert markdown_table([["what", "USD"], ["ours", "1.5"]]) == "| what | USD |\n|---|---:|\n| ours | 1.5 |\n"


def test_text_in_a_markdown_table_is_text() -> None:
    table = markdown_table([["name", "n"], ["a|b", "1"], ["*x*\nz", "2"], ["_y_ tier1_small", "3"], ["[l](u)<b>", "4"]])
    cells = [line.removeprefix("| ").split(" | ")[0] for line in table.splitlines()[2:]]
    assert cells == [r"a\|b", r"\*x\* z", r"\_y\_ tier1_small", r"\[l\](u)\<b\>"]


def test_text_in_a_table_of_the_terminal_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(terminal_table("a [red]title[/]", [["name", "[bold]n[/bold]"], ["x[/fast]", "[1]"]]))
    printed = capsys.readouterr().out
    for text in ("a [red]title[/]", "[bold]n[/bold]", "x[/fast]", "[1]"):
        assert text in printed
