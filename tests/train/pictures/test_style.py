"""The house style, the files of pictures, and each picture drawn from numbers made up by hand."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import ImageColor

from jax_router import ModelConfig
from tests.helpers.made_up import a_choice_map
from tests.helpers.pictures import check_not_blank
from train.pictures.learning import draw_learning
from train.pictures.style import model_styles, new_figure, picture_files, save, spread
from train.pictures.v0.choices import clock, draw_choices
from train.pictures.v0.day import draw_day
from train.studies.learning import LearningCurves
from train.studies.v0.behaviour import Day

MODELS = [ModelConfig(f"model_{i}", 0.001 * (i + 1), 0.3, 0.1, 0.7 + 0.1 * i) for i in range(3)]
NAMES = [model.name for model in MODELS]


def texts(figure: Figure) -> str:
    """Everything that is written in a picture."""
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def check_saved(figure: Figure, folder: Path) -> None:
    files = picture_files("--output", folder / "picture.png")
    save(figure, files)
    check_not_blank(files[0])


def test_spread_by_hand() -> None:
    assert spread([1, 5, 3], 1).tolist() == [1, 5, 3]
    assert spread([2, 2], 1).tolist() == [1.5, 2.5]
    # 2, 2 would become 1.5 and 2.5, which touches 3: all three stand around their mean, 7 / 3.
    assert spread([2, 3, 2], 1) == pytest.approx([4 / 3, 10 / 3, 7 / 3])


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12), st.floats(0.1, 20))
def test_spread_leaves_the_gap_keeps_the_order_and_the_mean(positions: list[float], gap: float) -> None:
    moved = spread(positions, gap)
    in_order = moved[np.argsort(positions, kind="stable")]
    assert (np.diff(in_order) >= gap - 1e-9).all()
    assert moved.mean() == pytest.approx(np.mean(positions), abs=1e-9)


def test_models_differ_in_more_than_colour() -> None:
    styles = model_styles(56)
    assert len(set(styles)) == 56
    first = styles[:5]
    assert len({style.colour for style in first}) == len({style.marker for style in first}) == 5
    assert len({style.hatch for style in first}) == 5
    lightness = sorted(ImageColor.getcolor(style.colour, "L") for style in (first[1], first[3]))
    assert lightness[1] - lightness[0] > 50, "the two models that agents use most are told apart in grey, too"


def test_a_picture_has_two_files_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    files = picture_files("--output", tmp_path / "new" / "picture.svg")
    assert files == [tmp_path / "new" / "picture.png", tmp_path / "new" / "picture.svg"]
    saved = []
    for _ in range(2):
        figure = new_figure(4, "title")
        figure.subplots().plot([1, 2], label="line")
        save(figure, files)
        saved.append([file.read_bytes() for file in files])
    assert saved[0] == saved[1]


@pytest.mark.parametrize("name", ["picture.pdf", "picture.v2", "folder.png"])
def test_what_cannot_be_a_picture_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ValueError, match=f"--output is .*{name}; "):
        picture_files("--output", tmp_path / name)


def test_importing_and_drawing_leave_matplotlib_as_it_was() -> None:
    check = """
import sys
import matplotlib as mpl
before = dict(mpl.rcParams)
import train.pictures.style, train.pictures.v0.choices
from tests.helpers.made_up import a_choice_map, NAMES
train.pictures.v0.choices.draw_choices(a_choice_map(), NAMES)
assert dict(mpl.rcParams) == before
"""
    bare = "import sys, train.pictures.style; assert 'matplotlib.pyplot' not in sys.modules"
    for code in (check, bare):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr


def test_the_choices_are_named_where_they_are_and_the_title_says_what_they_show(tmp_path: Path) -> None:
    figure = draw_choices(a_choice_map(), NAMES)
    written = texts(figure)
    assert "Complex prompts go to model_2, as long as its queue is short" in written
    assert "at 21:00, the quietest hour" in written
    assert "at 09:00, the busiest hour" in written
    assert "queue of model_2, requests" in written
    quiet, busy = figure.axes
    (named,) = [text for text in quiet.texts if text.get_text() == "model_2"]
    x, y = named.get_position()
    assert 0.4 < x < 1
    assert 0 < y < 20
    assert [text.get_text() for text in busy.texts] == ["model_0", "model_2"]
    check_saved(figure, tmp_path)


def test_the_title_claims_nothing_that_the_map_does_not_show() -> None:
    constant = a_choice_map()
    constant.choices[:] = 0
    assert "The agent's choice, by prompt and by the queue of model_2" in texts(draw_choices(constant, NAMES))


def test_the_curves_are_cropped_to_the_best_strategies_and_the_others_are_named(tmp_path: Path) -> None:
    curves = LearningCurves(np.array([0, 500, 1000]), np.array([[-900, 350.0, 400], [-700, 390, 396]]), 8)
    strategies = {"a": 385.0, "b": 380.0, "c": 379.9, "d": 350.0, "e": 340.0, "f g": -1200.0}
    figure = draw_learning(curves, strategies, "default")
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert 300 < low < 340
    assert 398 < high < 420
    written = texts(figure)
    assert "From 1,000 steps on, the agents beat every rule on average" in written
    assert "398  PPO, mean of 2" in written
    assert "band: worst to best of 2 seeds" in written
    assert "Lower: f\N{NO-BREAK SPACE}g\N{NO-BREAK SPACE}-1,200." in written
    band = axes.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in band} >= {(0, -900), (0, -700), (1, 400), (1, 396)}
    check_saved(figure, tmp_path)


def test_agents_that_beat_nothing_are_not_praised() -> None:
    curves = LearningCurves(np.array([0, 500, 1000]), np.array([[0, 390.0, 380]]), 8)
    written = texts(draw_learning(curves, {"best rule": 385.0}, "default"))
    assert "After 1,000 steps, the agents earn 380, and best rule earns 385" in written
    assert "band" not in written, "one seed has none"


def a_day(num_prompts: int = 90) -> Day:
    """Model 0 and model 1 in turn; every ninth prompt late."""
    t = np.arange(num_prompts)
    late = t % 9 == 0
    return Day(
        hour=22.0 + t / 60,
        action=(t % 2).astype(np.int32),
        queues=np.stack([t / 9, 5 + 0 * t, 0 * t], axis=1).astype(np.float32),
        cost=np.where(t % 2, 0.002, 0.001).astype(np.float32),
        latency=np.where(late, 1.5, 0.4).astype(np.float32),
        late=late,
        quality=np.full(num_prompts, 0.8, np.float32),
        quiet_and_busy=(23.0, 35.0),
    )


def test_a_day_shows_what_happened_for_the_models_that_were_used(tmp_path: Path) -> None:
    figure = draw_day(a_day(), MODELS, sla=1.0)
    written = texts(figure)
    assert "One episode: 90 prompts, 0.14 USD, 11.1% over the SLA" in written
    assert "model_2" not in written
    assert "quietest hour" in written
    assert "busiest hour" not in written  # beyond the end of this episode
    queues, routes, spending, latency = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["requests", "prompts", "USD", "latency, s"]
    assert queues.lines[0].get_ydata()[-1] == pytest.approx(89 / 9)
    assert [line.get_ydata()[-1] for line in spending.lines[:3]] == pytest.approx([0.135, 0.09, 0.18])
    middle_of_band = routes.collections[0].get_paths()[0].vertices[:, 1].max()
    assert middle_of_band == pytest.approx(0.5, abs=0.05)
    crosses = latency.collections[-1].get_offsets()
    assert len(crosses) == 10
    check_saved(figure, tmp_path)


def test_the_clock_goes_round() -> None:
    assert [clock(hour) for hour in (0, 9.25, 23.999, 26.5)] == ["00:00", "09:15", "00:00", "02:30"]
