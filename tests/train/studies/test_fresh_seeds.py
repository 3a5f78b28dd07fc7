"""Claims about agents of many seeds, from numbers made up by hand, and the picture of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.made_up import a_score
from tests.helpers.pictures import check_saved, texts
from train.evaluation.comparison import Evaluation
from train.evaluation.statistics import Estimate
from train.pictures.seeds import draw_seeds
from train.studies.claims import Limit
from train.studies.fresh_seeds import fresh_claims, fresh_section

REWARDS = {"default": np.array([1.0, 2.0, 3.0, 4.0])}


def claim(*limits: Limit) -> tuple[str, bool]:
    rule = replace(a_score(2, 0.8), reward=Estimate(2.0, 1.0, 3.0))
    (found,) = fresh_claims(REWARDS, {"default": Evaluation({"rule": rule}, {})}, {"default": limits})
    return found.sentence, found.holds


def test_a_claim_counts_the_seeds_above_a_rule() -> None:
    sentence, holds = claim(Limit("rule", 0.5))
    assert (
        "Of 4 fresh seeds (1000 to 1003) on `default`, 2 earn more than rule (2.0); they earn 1.0 to 4.0," in sentence
    )
    assert holds


@pytest.mark.parametrize(
    ("limits", "holds"),
    [
        ([Limit("rule", 0.51)], False),
        ([Limit("rule", 0.75, tolerance=0.1)], True),
        ([Limit("rule", 0.5), Limit("rule", 0.6)], False),
    ],
)
def test_a_claim_holds_where_enough_seeds_are_above_every_rule(limits: list[Limit], holds: bool) -> None:
    assert claim(*limits)[1] is holds


def test_the_section_has_the_distribution_and_the_picture() -> None:
    section = fresh_section(REWARDS, "images/seeds.png")
    assert "| `default` | 4 | 1.0 | 1.1 | 2.5 | 2.5 | 4.0 |" in section
    assert "(images/seeds.png)" in section


def test_the_picture_has_a_line_for_each_rule(tmp_path: Path) -> None:
    figure = draw_seeds(
        REWARDS | {"rush_hour": np.arange(9.0)}, {"default": {"rule": 2.0}, "rush_hour": {"a": 0, "b": 1}}
    )
    written = texts(figure)
    assert "What 9 agents earn that differ in their seed alone" in written
    assert "default: 2.5 on average" in written
    assert [len(axes.get_lines()) for axes in figure.axes] == [2, 3]
    check_saved(figure, tmp_path)
