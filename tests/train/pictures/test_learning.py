"""The picture of the learning curves, drawn from numbers made up by hand."""

from pathlib import Path

import numpy as np

from tests.helpers.pictures import check_saved, texts
from train.pictures.learning import draw_learning
from train.studies.learning import LearningCurves


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
