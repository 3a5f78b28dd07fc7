"""What benchmarks share: rates, turns, calibration, targets, tables, the page."""

import time
from itertools import count

import pytest

from benchmarks.__main__ import NO_ACCELERATOR, results_page
from benchmarks.measure import Rate, in_turns, size_for
from benchmarks.ppo import rest_share
from benchmarks.report import Report, Table, Target, machine, target_rows
from benchmarks.startup import compiling_seconds

TABLE = Table("steps of everything", [["what", "steps/s"], ["ours", "12"]], "A note.")
FAST = Target("speed", "the rival", 1.5, 1.0, 2.0)
SLOW = Target("a step's time", "the floor", 3.5, 3.0, 2.0, below=True)
UNKNOWN = Target("steps", "", None, 1e9, None, "steps/s", where="accelerator")


def test_a_rate_is_its_median_and_its_range():
    rate = Rate("ours", [4000.0, 1000.0, 2000.0])
    assert rate.median == 2000
    assert rate.spread == "1,000 .. 4,000"


def test_ratios_are_taken_turn_by_turn():
    """A turn in which the machine was slow for both counts as much as the others."""
    ours, theirs = Rate("ours", [100.0, 10.0, 90.0]), Rate("theirs", [50.0, 5.0, 30.0])
    assert ours.ratios(theirs) == [2.0, 2.0, 3.0]
    assert ours.over(theirs) == 2.0
    with pytest.raises(ValueError, match="zip"):
        ours.over(Rate("cut off", [1.0]))


def test_rivals_take_turns_and_the_first_round_does_not_count():
    order = []

    def run(name: str, steps: int) -> int:
        order.append(name)
        return steps

    rates = in_turns({"a": lambda: run("a", 1), "b": lambda: run("b", 2)}, repeats=3)
    assert order == ["a", "b"] * 4
    assert [rate.name for rate in rates] == ["a", "b"]
    assert [len(rate.steps_per_second) for rate in rates] == [3, 3]


def test_the_share_that_is_not_the_part():
    """The part alone runs at twice the rate: half of the whole's time is something else."""
    assert rest_share(Rate("whole", [10.0, 30.0, 50.0]), Rate("part", [20.0, 40.0, 100.0])) == 0.5


def test_a_size_is_found_that_takes_as_long_as_wanted(monkeypatch):
    """With a clock that moves by 1 ms a call and 2 ms for each unit of size."""
    now = 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)

    def run(size: int) -> None:
        nonlocal now
        now += 0.001 + 0.002 * size

    assert size_for(0.2, run) == pytest.approx(100, abs=3)
    assert size_for(1e-6, run) == 1


def test_a_run_that_takes_no_time_still_has_a_size(monkeypatch):
    monkeypatch.setattr(time, "perf_counter", map((1e-9).__mul__, count()).__next__)
    assert size_for(1.0, lambda size: None) == 10**6


@pytest.mark.parametrize(
    ("measured", "wanted", "below", "verdict"),
    [
        (1.0, 1.0, False, "met"),
        (0.99, 1.0, False, "short"),
        (2.99, 3.0, True, "met"),
        (3.0, 3.0, True, "short"),
        (None, 3.0, True, "not measured"),
    ],
)
def test_a_target_is_met_or_short(measured, wanted, below, verdict):
    assert Target("speed", "", measured, wanted, None, below=below).verdict == verdict


def test_a_target_as_a_row():
    assert FAST.row == ["speed", "the rival", "1.50 times", "at least 1.00 times", "at least 2.00 times", "met"]
    share = Target("share", "the network", 0.273, 0.35, 0.2, "share", below=True)
    assert share.row[2:] == ["27%", "below 35%", "below 20%", "met"]
    assert UNKNOWN.row == ["steps", "", "", "at least 1,000,000,000 steps/s", "", "not measured"]
    assert [len(row) for row in target_rows([FAST, SLOW])] == [6, 6, 6]


def test_a_report_survives_its_file():
    report = Report("python -m benchmarks.env", [TABLE], [FAST, SLOW, UNKNOWN], "a machine")
    assert Report.from_json(report.to_json()) == report


def test_the_page_holds_every_table_and_target():
    reports = [Report("python -m benchmarks.env", [TABLE], [FAST, SLOW, UNKNOWN], "a machine")]
    page = results_page(reports, seconds=120)
    assert "in 2 minutes, on a machine" in page
    assert "| speed | the rival | 1.50 times | at least 1.00 times | at least 2.00 times | met |" in page
    assert "| a step's time | the floor | 3.50 times | below 3.00 times | below 2.00 times | short |" in page
    assert f"| steps | {NO_ACCELERATOR} | at least 1,000,000,000 steps/s |" in page
    assert "## `python -m benchmarks.env`\n\nSteps of everything:\n\n| what | steps/s |\n" in page
    assert "| ours | 12 |\n\nA note.\n" in page


def test_the_machine_is_named():
    assert {"cpu", "jax 0.", "numpy 2.", "Python 3."} == {
        part for part in ("cpu", "jax 0.", "numpy 2.", "Python 3.", "stone tablet") if part in machine()
    }


def test_compiling_is_read_from_what_the_command_prints():
    assert compiling_seconds("some line\ncompiled in 7.3 s for cpu\nmore") == 7.3
    with pytest.raises(ValueError, match="did not say"):
        compiling_seconds("trained in 7.3 s")
