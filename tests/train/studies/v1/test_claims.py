"""The claims about LLMRouter-v1: which numbers they hold for, and who wins by the table."""

from dataclasses import replace

import numpy as np

from jax_router.v1.tuning import TUNED_LADDER, TUNED_RULE
from tests.helpers.made_up import a_score
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation
from train.evaluation.statistics import Estimate
from train.studies.claims import PacedScores
from train.studies.v1.claims import GREEDY, plain_claims, priced_claims, summaries

RULES = {GREEDY: 861.0, TUNED_RULE: 877.0, TUNED_LADDER: 838.0, TUNED_MIXTURE: 796.0}
GOOD = PacedScores(0.8, np.array([812.0, 810.0]), np.array([[812.0, 810.0]] * 2), 0.001, 0.995)


def evaluation(*seeds: float) -> Evaluation:
    rewards = RULES | {f"ppo, seed {i}": reward for i, reward in enumerate(seeds)}
    return Evaluation({name: replace(a_score(2, 0.8), reward=Estimate(r, r, r)) for name, r in rewards.items()}, {})


def test_every_seed_has_to_earn_more_than_greedy_where_something_is_scarce() -> None:
    claims = plain_claims({"default": evaluation(862, 870), "roomy": evaluation(1, 2), "bursts": evaluation(860, 900)})
    assert [claim.holds for claim in claims] == [True, False]
    assert "On `bursts`, 1 of 2 agents earn more than the greedy rule (860.0 to 900.0; greedy-reward 861.0)." in (
        claims[1].sentence
    )


def test_a_pacer_has_to_earn_more_than_every_rule_and_to_keep_to_its_budget() -> None:
    def held(result: PacedScores) -> list[bool]:
        return [claim.holds for claim in priced_claims({"tight_budget": evaluation(500)}, {"tight_budget": result})]

    better = replace(GOOD, reward=np.array([880.0, 878.0]))
    assert held(better) == [True, True]
    assert held(GOOD) == [False, True]
    assert held(replace(better, most_over=0.05)) == [True, False]
    assert held(replace(better, fewest_prompts=0.98)) == [True, False]
    assert priced_claims({}, {}) == []


def test_the_table_says_who_earns_most() -> None:
    (text,) = summaries({"default": evaluation(862, 870), "bursts": evaluation(879, 881)})
    assert f"| 862.0 to 870.0 | 866.0 | {TUNED_RULE} |" in text
    assert "| 879.0 to 881.0 | 880.0 | PPO |" in text
