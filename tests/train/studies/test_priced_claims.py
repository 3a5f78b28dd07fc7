"""The claims about priced policies: which numbers they hold for, and that these are those of the evaluation."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from jax_router import make_params
from tests.helpers.made_up import NAMES, a_score, by_complexity_and_price, reluctant
from train.agents.strategies import paced, ratio_for_wrong_price
from train.evaluation.comparison import Evaluation, Matched, evaluate
from train.evaluation.statistics import Estimate
from train.studies.claims import PacedScores
from train.studies.priced_claims import run_paced
from train.studies.v0.claims import priced_claims

GOOD = PacedScores(1.5, np.array([388.0, 386.0]), np.array([[387.5, 386.0], [387.0, 386.0]]), -0.0005, 1.0)
NO_MATCH = Matched(None, None, None, 0)


def plain_ppo(*rewards: float) -> Evaluation:
    scores = {f"ppo, seed {i}": replace(a_score(2, 0.8), reward=Estimate(r, r, r)) for i, r in enumerate(rewards)}
    return Evaluation(scores, dict.fromkeys(scores, NO_MATCH))


def held(scenario: str, result: PacedScores, *plain: float) -> list[bool]:
    return [claim.holds for claim in priced_claims({scenario: plain_ppo(*plain)}, {scenario: result})]


def test_claims_hold_for_good_numbers_and_for_no_others() -> None:
    assert held("tight_budget", GOOD, 300) == [True, True, True]
    assert held("tight_budget", replace(GOOD, reward=np.array([400.0, 385.9])), 300)[0] is False
    assert held("tight_budget", replace(GOOD, wrong_reward=np.array([[388.0, 386.0], [386.0, 386.0]])), 300)[1] is False
    assert held("tight_budget", replace(GOOD, most_over=0.001), 300)[2] is False
    assert held("tight_budget", replace(GOOD, fewest_prompts=0.98), 300)[2] is False


def test_on_rush_hour_every_seed_is_compared_with_the_mean_of_plain_ppo() -> None:
    assert held("rush_hour", GOOD, 380, 392)[0] is True
    assert held("rush_hour", GOOD, 381, 392)[0] is False


@pytest.mark.slow
def test_these_are_the_episodes_and_the_numbers_of_the_evaluation(key: jax.Array) -> None:
    params = make_params(episode_length=100, budget=0.12)
    policies = [by_complexity_and_price(), reluctant()]
    result = run_paced(policies, params, key, 4)
    entrants = {str(i): paced(policy, params) for i, policy in enumerate(policies)}
    entrants["wrong"] = paced(policies[0], params, cost_ratio=ratio_for_wrong_price(policies[0], params, 0.1))
    scores = evaluate(key, params, NAMES, entrants, 4, tuning_episodes=0).scores
    assert result.reward == pytest.approx([scores[name].reward.mean for name in "01"])
    assert result.wrong_reward[0, 0] == pytest.approx(scores["wrong"].reward.mean)
    assert result.budget == pytest.approx(0.12)
    assert -0.01 < result.most_over < 1e-6
    assert result.fewest_prompts == 1
