"""The house style, and the files of pictures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from train.pictures.style import model_styles, new_figure, picture_files, save, spread


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
