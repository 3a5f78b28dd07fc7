"""Floors are shares of a step's time, and the whole command runs."""

import time

import pytest

from benchmarks import bounds
from benchmarks.flags import Flags
from benchmarks.picture_bounds import draw_bounds
from benchmarks.report import Report


def waiting(seconds: float, steps: int):
    """A run that takes so long, and says that it made so many steps."""

    def run() -> int:
        time.sleep(seconds)
        return steps

    return run


def test_floors_are_times_of_one_step_of_all_environments():
    runs = {"": waiting(0.04, 400), bounds.LAUNCHES: waiting(0.001, 10), bounds.ARITHMETIC: waiting(0.02, 400)}
    found = bounds._bounded("a rollout", runs, 8, Flags(quick=True), memory=1e-6)
    assert found.step == pytest.approx(800, rel=0.5)  # us: 50 steps of 8 environments in 0.04 s
    assert found.shares[bounds.LAUNCHES] == pytest.approx(100 / 800, rel=0.5)
    assert found.shares[bounds.ARITHMETIC] == pytest.approx(0.5, rel=0.5)
    assert found.floors[bounds.MEMORY] == pytest.approx(1)


def test_the_picture_names_what_is_nearest_to_its_floor():
    figure = draw_bounds({"a": {"launches": 0.2, "arithmetic": 0.5}, "b": {"launches": 0.9}})
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert "90% of its time: b" in figure.get_suptitle() + "".join(text.get_text() for text in figure.texts)


@pytest.mark.slow
def test_the_command(tmp_path):
    output, picture = tmp_path / "report.json", tmp_path / "bounds.png"
    bounds.main(["--quick", "--output", str(output), "--picture", str(picture)])
    (table,) = Report.from_json(output.read_text()).tables
    assert len(table.rows) == 8
    assert picture.stat().st_size > 0
