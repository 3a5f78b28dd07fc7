"""The picture of cost against quality, drawn from numbers made up by hand."""

from pathlib import Path

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
