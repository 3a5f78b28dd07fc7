"""What commands print reads well in terminals of any width, without colours, without a cursor, and in a pipe."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests.helpers.runs import SMALL
from tests.helpers.terminal import in_terminal, lines_of
from train.cli.console import console, terminal_table

HEADER = ["strategy", "reward", "95 % interval", "cost, USD", "quality", "SLA violations", "tier1_large", "tier1_small"]
ROWS = [
    ["two thresholds, tuned", "393.8", "392.1 to 395.4", "1.756", "0.801", "2.9%", "41%", "59%"],
    ["always tier1_large", "-7393.8", "-7392.1 to -7395.4", "30.001", "0.951", "99.9%", "100%", "0%"],
]
COMMANDS = [
    *("train.ppo", "train.evaluate", "train.frontier", "train.demo", "train.budgets", "train.specialists"),
    *("train.claims", "train.index", "train.rivals", "train.categories", "jax_router.fit", "gym_compat.record"),
    *("router_serving.report", "router_serving.demo", "benchmarks"),
]
PROGRESS = """
from train.cli.console import console
from train.cli.progress import shown_progress
with shown_progress(console(), "training", 4882, "updates", 3) as show:
    for done in range(100, 4883, 98):
        show(done, "1,234,567 steps/s  return -10.3")
    show(4882, "1,234,567 steps/s  return 392.5")
"""


def printed(width: int, rows: list[list[str]]) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(terminal_table("default: 8 episodes", rows))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [24, 40, 60, 80, 100, 120, 200])
def test_no_number_is_lost_and_no_line_too_long(width: int) -> None:
    lines = printed(width, [HEADER, *ROWS])
    assert max(map(len, lines)) <= width
    text = re.sub(r"\s", "", "".join(lines))
    assert "…" not in text
    for row in ROWS:
        for cell in row[1:]:
            assert cell in " ".join(lines) or width < 40, cell


def test_what_matters_most_stands_in_the_first_part_of_80_columns() -> None:
    lines = printed(80, [HEADER, *ROWS])
    first = lines[: lines.index("", 2)]
    for name in ("reward", "interval", "USD", "quality", "violations"):
        assert any(name in line for line in first), name
    assert any("393.8      392.1 to 395.4   1.756    0.801        2.9%" in line for line in first)
    assert not any("41%" in line for line in first)
    assert any(line.startswith("two thresholds, tuned") and "41%" in line for line in lines[len(first) :])


def test_a_wide_terminal_shows_one_table() -> None:
    assert len(printed(200, [HEADER, *ROWS])) == 5


def test_a_pipe_gets_one_table_however_wide(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"model_{i}" for i in range(60)]
    console().print(terminal_table("shares", [["strategy", *names], ["random", *["2%"] * 60]]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[-1].count("2%") == 60


@pytest.mark.parametrize("width", [60, 80, 200])
def test_progress_moves_within_one_line(width: int) -> None:
    status, sent = in_terminal(["-c", PROGRESS], width)
    lines = [line for line in lines_of(sent) if line.strip()]
    assert status == 0
    assert sent.count("\n") == 1
    assert max(map(len, lines)) <= width
    assert "100%" in lines[-1]
    assert "1,234,567 steps/s  return 392.5" in lines[-1]


def test_progress_in_a_dumb_terminal_is_ten_plain_lines() -> None:
    status, sent = in_terminal(["-c", PROGRESS], 80, {"TERM": "dumb"})
    assert status == 0
    assert "\x1b" not in sent
    lines = [line for line in lines_of(sent) if line]
    assert len(lines) == 10
    assert lines[-1] == "training: 100%, 4882/4882 updates  1,234,567 steps/s  return 392.5"


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=["dumb", "no-color"])
def test_a_whole_run_in_80_columns(tmp_path: Path, variables: dict[str, str]) -> None:
    args = ["-m", "train.ppo", *SMALL, "--episode-length", "20", "--run-dir", str(tmp_path / "run")]
    status, sent = in_terminal(args, 80, variables)
    assert status == 0, sent
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]", sent)  # nothing is coloured; bold may be
    shown = [line for line in lines_of(sent) if not line.startswith(("written:", "policy saved:"))]
    assert max(map(len, shown)) <= 80
    row = next(line for line in shown if line.startswith("PPO"))
    # How wide the numbers are decides whether there is room for the number of prompts, too.
    assert re.fullmatch(r"PPO +-?\d+\.\d +-?\d+\.\d to -?\d+\.\d +\d\.\d+ +0\.\d{3} +\d+\.\d%(?: +\d+)?", row)
    whole = (tmp_path / "run" / "comparison.md").read_text()
    for column in ("reward", "95 % interval", "P99, s", "tier1_large", "open_source"):
        assert f"| {column} |" in whole


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_into_80_columns(command: str) -> None:
    status, sent = in_terminal(["-m", command, "--help"], 80, {"TERM": "dumb", "NO_COLOR": "1"})
    assert status == 0
    assert max(map(len, lines_of(sent))) <= 80
    assert "\x1b" not in sent


def test_help_tells_the_defaults_of_the_size_that_is_asked_for() -> None:
    def told(*args: str) -> str:
        sent = in_terminal(["-m", "train.ppo", *args, "--help"], 200, {"TERM": "dumb"})[1]
        return re.sub(r"[│\s]+", " ", sent)

    assert "Adam. (default: 0.002)" in told()
    long = told("--num-envs", "2048")
    assert "Adam. (default: 0.001)" in long
    assert "whole batches. (default: 10000000)" in long


def test_an_error_in_a_narrow_terminal_is_one_line_on_its_own() -> None:
    status, sent = in_terminal(["-m", "train.ppo", "--num-envs", "0"], 40, {"TERM": "dumb"})
    assert status == 2
    assert sent.startswith("error: --num-envs is 0; it must be a whole number at least 1")
    assert sent.count("\n") == 1
