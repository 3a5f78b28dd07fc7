"""The claim that nothing earns more than no policy can."""

from collections.abc import Mapping

from train.evaluation.comparison import Evaluation
from train.studies.claims import Claim


def check_bounds(evaluations: Mapping[str, Evaluation]) -> list[Claim]:
    """Claim that nothing earns more than no policy can, by scenario, up to what luck makes of so many episodes."""
    bounded = {name: one for name, one in evaluations.items() if one.bound is not None}
    if not bounded:
        return []
    above, gaps = [], []
    for scenario, evaluation in bounded.items():
        assert evaluation.bound is not None
        limit = evaluation.bound.value + evaluation.bound.numerical_error
        rewards = {name: score.reward for name, score in evaluation.scores.items()}
        above += [f"{name} on {scenario}" for name, reward in rewards.items() if reward.low > limit]
        gaps.append(f"{evaluation.bound.gap(max(r.mean for r in rewards.values())):.1%} on `{scenario}`")
    sentence = f"No strategy is above the upper bound of its scenario; the best is within {', '.join(gaps)}"
    return [Claim(sentence + (f" (above: {', '.join(above)})." if above else "."), not above)]
