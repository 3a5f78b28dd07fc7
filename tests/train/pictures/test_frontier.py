"""The picture of cost against quality, drawn from numbers made up by hand."""

from pathlib import Path

import pytest

from tests.helpers.made_up import a_score
from tests.helpers.pictures import check_saved, texts
from train.pictures.frontier import draw_frontier
from train.studies.cost_weights import Frontier, aiq_in_words

MODELS = {"large": a_score(3, 0.8, 0.9), "small": a_score(1, 0.7)}


def written_in(frontier: Frontier) -> str:
    return texts(draw_frontier(frontier, "default"))


def test_the_title_claims_what_the_numbers_say() -> None:
    written = written_in(Frontier({1.0: a_score(2, 0.8), 10.0: a_score(1, 0.7)}, MODELS))
    assert "For the same money, agents answer better than mixtures of models" in written
    assert "their hull, AIQ 0.750" in written
    assert "mixtures of them, AIQ 0.725" in written
    worse = Frontier({1.0: a_score(2, 0.71), 10.0: a_score(1, 0.7)}, MODELS)
    assert "Cost and quality of trained agents and of single models" in written_in(worse)


def test_agents_that_all_cost_the_same_and_a_free_model(tmp_path: Path) -> None:
    free = MODELS | {"free": a_score(0, 0.5)}
    frontier = Frontier({1.0: a_score(1, 0.7), 10.0: a_score(1, 0.7)}, free)
    assert frontier.aiq is None
    assert aiq_in_words(frontier) == "AIQ is not defined: the agents all cost the same."
    assert "AIQ" not in written_in(frontier)
    check_saved(draw_frontier(frontier, "default"), tmp_path)


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e6])
@pytest.mark.parametrize("spread", [(1.0, 1.0), (1.0, 1e6)])
def test_fleets_that_are_free_of_one_price_or_far_apart(scale: float, spread: tuple[float, float], tmp_path) -> None:
    """Everything that is drawn has a place within its axes."""
    costs = [scale * one for one in spread]
    models = {"small": a_score(costs[0], 0.7), "large": a_score(costs[1], 0.8)}
    frontier = Frontier({1.0: a_score(costs[1], 0.8), 10.0: a_score(costs[0], 0.8)}, models)
    figure = draw_frontier(frontier, "default")
    close = figure.axes[1]
    low, high = close.get_xlim()
    assert low <= min(costs) <= max(costs) <= high
    assert high - low <= 2 * (max(costs) or 0.1)
    check_saved(figure, tmp_path)
    if frontier.aiq is None:
        assert aiq_in_words(frontier) == "AIQ is not defined: the agents all cost the same."
    else:
        assert "0.000 to 0.000" not in aiq_in_words(frontier)


def test_agents_dearer_than_every_model_are_said_to_share_no_costs_with_them() -> None:
    frontier = Frontier({1.0: a_score(9, 0.8), 10.0: a_score(8, 0.7)}, MODELS)
    assert "no cost is within the range of the agents and within that of the models" in aiq_in_words(frontier)
    one_price = Frontier({1.0: a_score(9, 0.8), 10.0: a_score(8, 0.7)}, {"large": a_score(8, 0.8)})
    assert aiq_in_words(one_price) == "AIQ is not defined: the models all cost the same."
