"""The picture of an agent's choices, drawn from a map made up by hand."""

from pathlib import Path

from jax_router import ModelConfig
from tests.helpers.made_up import a_choice_map
from tests.helpers.pictures import check_saved, texts
from train.pictures.v0.choices import clock, draw_choices

MODELS = [ModelConfig(f"model_{i}", 0.001 * (i + 1), 0.3, 0.1, 0.7 + 0.1 * i) for i in range(3)]
NAMES = [model.name for model in MODELS]


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


def test_the_clock_goes_round() -> None:
    assert [clock(hour) for hour in (0, 9.25, 23.999, 26.5)] == ["00:00", "09:15", "00:00", "02:30"]
