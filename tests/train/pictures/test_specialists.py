"""The picture of a priced policy beside specialists, drawn from numbers made up by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.made_up import a_priced_frontier, earns
from tests.helpers.pictures import check_saved, texts
from train.pictures.specialists import draw_priced_frontier
from train.studies.specialists import PricedFrontier, frontier_in_words, frontier_rows


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


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e6])
@pytest.mark.parametrize("reward", [0.0, 400.0])
def test_fleets_that_are_free_or_tiny_and_agents_that_earn_nothing(scale: float, reward: float, tmp_path: Path) -> None:
    policy = {1.0: earns(2 * scale, reward), 10.0: earns(scale, reward)}
    models = {"small": earns(scale, reward), "large": earns(30 * scale, reward)}
    frontier = PricedFrontier(policy, {1.0: [earns(2 * scale, reward)], 10.0: [earns(scale, reward)]}, models)
    figure = draw_priced_frontier(frontier, "default")
    low, high = figure.axes[0].get_xlim()
    assert low < scale <= 2 * scale < high
    assert high - low <= 2 * (2 * scale or 0.1)
    check_saved(figure, tmp_path)
    assert "+0.00% to +0.00% more" in frontier_in_words(frontier)
    assert "nan" not in str(frontier_rows(frontier))


def test_of_prices_that_cost_the_same_the_best_reward_counts() -> None:
    policy = {1.0: earns(0.0, 400), 10.0: earns(0.0, 300), 100.0: earns(0.0, 350)}
    frontier = PricedFrontier(policy, {1.0: [earns(0.0, 400)]}, {"free": earns(0.0, 200)})
    assert frontier.reward_at(0.0) == frontier.reward_at(5.0) == 400
