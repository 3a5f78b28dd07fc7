"""The picture of a priced policy beside specialists, drawn from numbers made up by hand."""

from dataclasses import replace
from pathlib import Path

from tests.helpers.made_up import a_priced_frontier, earns
from tests.helpers.pictures import check_saved, texts
from train.pictures.specialists import draw_priced_frontier
from train.studies.specialists import PricedFrontier


def written_in(frontier: PricedFrontier) -> str:
    return texts(draw_priced_frontier(frontier, "default"))


def test_the_title_claims_what_the_numbers_say(tmp_path: Path) -> None:
    good = a_priced_frontier({1.0: [earns(2.0, 401)], 100.0: [earns(1.0, 340)]})
    written = written_in(good)
    assert "One priced policy is as good as 2 agents trained apart" in written
    assert "spends more" not in written
    for agents in ({1.0: [earns(2.0, 402)]}, {1.0: [earns(2.0, 390)], 1000.0: [earns(0.5, 100)]}):
        assert "as good as" not in written_in(replace(good, agents=agents))
    unreached = replace(good, agents=good.agents | {1000.0: [earns(0.5, 100)]})
    assert "spends more at any price" in written_in(unreached)
    check_saved(draw_priced_frontier(unreached, "default"), tmp_path)


def test_the_legend_covers_no_data() -> None:
    figure = draw_priced_frontier(a_priced_frontier({1.0: [earns(2.0, 401)]}), "default")
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert not any(legend.get_window_extent().overlaps(axes.get_tightbbox()) for axes in figure.axes)
