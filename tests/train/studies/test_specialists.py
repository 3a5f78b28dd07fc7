"""What a priced policy earns beside specialists, from numbers made up by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.made_up import a_priced_frontier, earns
from train.studies.specialists import frontier_in_words, frontier_rows


def test_what_the_policy_earns_lies_between_neighbouring_prices() -> None:
    frontier = a_priced_frontier({1.0: [earns(1.75, 400)]})
    assert frontier.reward_at(1.25) == pytest.approx(365)
    assert frontier.reward_at(2.5) == 400, "it spends less than the agent and earns this"
    assert np.isnan(frontier.reward_at(0.9)), "it is never that cheap"
    assert frontier.gain(earns(1.75, 400)) == pytest.approx(-0.025)
    assert frontier.gain(earns(1.75, -100)) == pytest.approx(4.9)


def test_the_best_agent_is_the_one_that_earns_most_at_its_price() -> None:
    cheap, dear = earns(1.0, 350), earns(1.9, 395)
    frontier = a_priced_frontier({10.0: [dear, cheap], 100.0: [dear, cheap]})
    assert frontier.best_agents == {10.0: dear, 100.0: cheap}
    assert frontier.num_seeds == 2
    # The policy earns 396 for 1.9 USD and 350 for 1.
    words = frontier_in_words(frontier)
    assert "the best of 2 agents of each price, the priced policy earns +0.00% to +0.25% more" in words
    assert "any price" not in words


def test_agents_that_the_policy_is_never_as_cheap_as_are_not_compared_and_counted() -> None:
    frontier = a_priced_frontier({1.0: [earns(1.9, 395)], 1000.0: [earns(0.8, 300)]})
    assert frontier_rows(frontier)[2][-2:] == ["-", "-"]
    assert frontier_rows(frontier)[1][-2:] == ["396.0", "+0.25%"]
    assert "One of them spends less than it does at any price (1.000 USD per 1,000)" in frontier_in_words(frontier)
    nothing = replace(frontier, agents={1000.0: [earns(0.8, 300)]})
    assert frontier_in_words(nothing).startswith("No agent costs as much")
