"""`python -m train.specialists` at toy size, and what it makes of numbers made up by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from router_serving.policy_file import policy_from_arrays, save_policy
from tests.helpers.made_up import a_score, by_complexity_and_price
from tests.helpers.pictures import check_not_blank
from train.evaluation.scores import Score
from train.evaluation.statistics import Estimate
from train.pictures.specialists import draw_priced_frontier
from train.pictures.style import picture_files, save
from train.specialists import main
from train.studies.specialists import PricedFrontier, frontier_in_words, frontier_rows

TOY = ["--total-timesteps", "1024", "--episode-length", "20", "--num-agents", "2", "--episodes", "4"]


def earns(cost: float, reward: float) -> Score:
    """1,000 prompts for `cost` USD."""
    return replace(a_score(cost, 0.7 + cost / 20), reward=Estimate(reward, reward - 1, reward + 1))


POLICY = {1.0: earns(2.0, 400), 10.0: earns(1.5, 380), 100.0: earns(1.0, 350)}
MODELS = {"small": earns(1.2, 340), "large": earns(30, -2000)}


def test_the_command_prints_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_policy(tmp_path / "policy.npz", by_complexity_and_price())
    picture = tmp_path / "new" / "priced.png"
    main(["--model-path", str(tmp_path / "policy.npz"), *TOY, "--num-seeds", "2", "--output", str(picture)])
    check_not_blank(picture)
    printed = capsys.readouterr().out
    for words in ("│ 0.3 ", "│ 3,000 ", "agent for the price", f"written: {picture}"):
        assert words in printed


def test_what_the_policy_earns_lies_between_neighbouring_prices() -> None:
    frontier = PricedFrontier(POLICY, {1.0: [earns(1.75, 400)]}, MODELS)
    assert frontier.reward_at(1.25) == pytest.approx(365)
    assert frontier.reward_at(2.5) == 400, "it spends less than the agent and earns this"
    assert np.isnan(frontier.reward_at(0.9)), "it is never that cheap"
    assert frontier.gain(earns(1.75, 400)) == pytest.approx(-0.025)
    assert frontier.gain(earns(1.75, -100)) == pytest.approx(4.9)


def test_the_best_agent_is_the_one_that_earns_most_at_its_price() -> None:
    cheap, dear = earns(1.0, 350), earns(1.9, 395)
    frontier = PricedFrontier(POLICY, {10.0: [dear, cheap], 100.0: [dear, cheap]}, MODELS)
    assert frontier.best_agents == {10.0: dear, 100.0: cheap}
    assert frontier.num_seeds == 2
    # The policy earns 396 for 1.9 USD and 350 for 1.
    words = frontier_in_words(frontier)
    assert "the best of 2 agents of each price, the priced policy earns +0.00% to +0.25% more" in words
    assert "any price" not in words


def test_agents_that_the_policy_is_never_as_cheap_as_are_not_compared_and_counted() -> None:
    frontier = PricedFrontier(POLICY, {1.0: [earns(1.9, 395)], 1000.0: [earns(0.8, 300)]}, MODELS)
    assert frontier_rows(frontier)[2][-2:] == ["-", "-"]
    assert frontier_rows(frontier)[1][-2:] == ["396.0", "+0.25%"]
    assert "One of them spends less than it does at any price (1.000 USD per 1,000)" in frontier_in_words(frontier)
    nothing = replace(frontier, agents={1000.0: [earns(0.8, 300)]})
    assert frontier_in_words(nothing).startswith("No agent costs as much")


def written_in(frontier: PricedFrontier) -> str:
    return "\n".join(text.get_text() for text in draw_priced_frontier(frontier, "default").findobj(Text))


def test_the_title_claims_what_the_numbers_say(tmp_path: Path) -> None:
    good = PricedFrontier(POLICY, {1.0: [earns(2.0, 401)], 100.0: [earns(1.0, 340)]}, MODELS)
    written = written_in(good)
    assert "One priced policy is as good as 2 agents trained apart" in written
    assert "spends more" not in written
    for agents in ({1.0: [earns(2.0, 402)]}, {1.0: [earns(2.0, 390)], 1000.0: [earns(0.5, 100)]}):
        assert "as good as" not in written_in(replace(good, agents=agents))
    unreached = replace(good, agents=good.agents | {1000.0: [earns(0.5, 100)]})
    assert "spends more at any price" in written_in(unreached)
    files = picture_files("--output", tmp_path / "picture")
    save(draw_priced_frontier(unreached, "default"), files)
    check_not_blank(files[0])


def test_the_legend_covers_no_data() -> None:
    figure = draw_priced_frontier(PricedFrontier(POLICY, {1.0: [earns(2.0, 401)]}, MODELS), "default")
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert not any(legend.get_window_extent().overlaps(axes.get_tightbbox()) for axes in figure.axes)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-agents", "1"], "--num-agents is 1; it must be a whole number at least 2"),
        (["--num-seeds", "0"], "--num-seeds is 0; it must be a whole number at least 1"),
        (["--episodes", "1"], "--episodes is 1; it must be a whole number at least 2"),
        (["--seed", "-1"], "--seed is -1; it must be a whole number at least 0"),
        (["--total-timesteps", "9"], "--total-timesteps is 9; it must be at least one batch"),
        (["--model-path", "plain.npz"], "--model-path is plain.npz; that policy was trained without --priced"),
        (["--model-path", "nowhere"], "nowhere: no such file"),
        (["--fleet", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--output", "picture.pdf"], "--output is picture.pdf; it must end in .png or .svg"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses
) -> None:
    monkeypatch.chdir(tmp_path)
    save_policy("priced.npz", by_complexity_and_price())
    layer = np.zeros((9, 2), np.float32), np.zeros(2, np.float32)
    save_policy("plain.npz", policy_from_arrays([layer], np.zeros(9), np.ones(9), "tanh", ("a", "b"), "default"))
    path = [] if "--model-path" in args else ["--model-path", "priced.npz"]
    refuses(main, [*path, *args], message)
    assert {file.name for file in tmp_path.iterdir()} == {"priced.npz", "plain.npz"}
