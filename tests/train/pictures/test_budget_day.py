"""The picture of a paced day."""

import matplotlib as mpl
import numpy as np

from train.pictures.budget_day import draw_price_day


def test_every_model_that_got_a_prompt_is_in_the_legend() -> None:
    action = np.full(1000, 1, np.int32)
    action[700] = 3
    figure = draw_price_day(
        np.full(1000, 30, np.float32), np.linspace(1.5, 0, 1000, dtype=np.float32), action, list("abcd"), "default"
    )
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert [text.get_text() for legend in legends for text in legend.get_texts()] == ["b", "d"]
    figure.draw_without_rendering()
    (legend,) = legends
    bars = [axes.get_window_extent() for axes in figure.axes]
    assert not any(legend.get_window_extent().overlaps(bar) for bar in bars)
    assert isinstance(figure, mpl.figure.Figure)


def test_names_in_the_legend_are_as_they_are() -> None:
    names = ["_hidden", "$5$ or $6$", "a_b^2", "日"]
    action = np.arange(1000, dtype=np.int32) % 4
    price, left = np.full(1000, 30, np.float32), np.linspace(1.5, 0, 1000, dtype=np.float32)
    figure = draw_price_day(price, left, action, names, "$odd_scenario$")
    (legend,) = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert [text.get_text().strip() for text in legend.get_texts()] == names
    assert not any(text.get_parse_math() for text in [*legend.get_texts()])
