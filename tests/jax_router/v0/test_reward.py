"""The reward from its parts, and what `RewardConfig` refuses."""

from dataclasses import fields

import jax
import numpy as np
import pytest

from jax_router import Outcome, RewardConfig
from jax_router.v0.reward import RewardWeights, reward

WEIGHTS = RewardConfig(
    cost_weight=3.0, quality_weight=0.7, latency_penalty=2.5, sla_threshold=1.5, quality_miss_penalty=4.0
)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ((0.5, 1.0, 0.75, 0.25), -1.5 + 0.525),  # in time and good enough
        ((0.5, 1.5, 0.75, 0.75), -1.5 + 0.525),  # just in time and just good enough
        ((0.5, 3.5, 0.75, 0.25), -1.5 + 0.525 - 5.0),  # 2 s late
        ((0.5, 1.0, 0.25, 0.75), -1.5 + 0.175 - 2.0),  # 0.5 short of the quality required
        ((0.0, 3.5, 0.0, 1.0), -5.0 - 4.0),
    ],
)
def test_parts(outcome, expected):
    cost, latency, quality, required = map(np.float32, outcome)
    outcome = Outcome(cost, latency, quality, required, latency > 1.5)
    np.testing.assert_allclose(reward(outcome, RewardWeights.from_config(WEIGHTS)), expected, rtol=1e-6)


def test_default_weights_are_the_documents():
    outcome = Outcome(*map(np.float32, (0.03, 1.5, 0.9, 1.0)), np.bool_(True))
    value = reward(outcome, RewardWeights.from_config(RewardConfig()))
    np.testing.assert_allclose(value, -0.03 + 0.5 * 0.9 - 2.0 * 0.5, rtol=1e-6)


def test_from_config_keeps_every_weight_in_its_place():
    weights = RewardWeights.from_config(WEIGHTS)
    for field in fields(RewardConfig):
        assert getattr(weights, field.name) == np.float32(getattr(WEIGHTS, field.name))
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(weights))


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), True, "1", None, 1e39])
@pytest.mark.parametrize("field", [field.name for field in fields(RewardConfig)])
def test_a_bad_weight_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"^{field} is .*; it must be ") as error:
        RewardConfig(**{field: value})
    assert (f"{value:g}" if isinstance(value, float) else repr(value)) in str(error.value)
