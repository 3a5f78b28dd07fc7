"""Floors are shares of a step's time, and the whole command runs."""

import pytest

from benchmarks import bounds
from benchmarks.measure import Rate
from benchmarks.picture_bounds import draw_bounds
from benchmarks.report import Report


def test_floors_are_times_of_one_step_of_all_environments(monkeypatch):
    rates = [Rate("", [8e6]), Rate(bounds.LAUNCHES, [1e4]), Rate(bounds.ARITHMETIC, [16e6])]
    monkeypatch.setattr(bounds, "in_turns", lambda runs, repeats: rates)
    found = bounds._bounded("a rollout of 800", {}, 800, bounds.Arguments(quick=True), memory=1e-6)
    assert found.step == pytest.approx(100)  # us: 800 environments at 8 million environment steps/s
    assert found.floors == pytest.approx({bounds.LAUNCHES: 100, bounds.ARITHMETIC: 50, bounds.MEMORY: 1})
    assert found.shares[bounds.ARITHMETIC] == pytest.approx(0.5)


def test_the_picture_names_what_is_nearest_to_its_floor():
    figure = draw_bounds({"a": {"launches": 0.2, "arithmetic": 0.5}, "b": {"launches": 0.9}})
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert figure.get_suptitle() == "Nearest to a floor (90%): b"


@pytest.mark.slow
def test_the_command(tmp_path):
    output, picture = tmp_path / "report.json", tmp_path / "bounds.png"
    bounds.main(["--quick", "--output", str(output), "--picture", str(picture)])
    (table,) = Report.from_json(output.read_text()).tables
    assert len(table.rows) == 8
    assert picture.stat().st_size > 0
