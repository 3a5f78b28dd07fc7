"""Policy files as strategies of the simulator."""

import jax
import numpy as np

from tests.helpers.made_up import by_complexity
from train.agents.strategies import as_strategy


def test_a_policy_file_acts_in_jax_as_in_numpy() -> None:
    policy = by_complexity()
    observations = np.random.default_rng(0).random((1000, 9)).astype(np.float32)
    in_jax = as_strategy(policy)(jax.random.key(0), observations, None)  # type: ignore[arg-type]
    np.testing.assert_array_equal(in_jax, policy.act(observations))
    assert set(np.unique(in_jax)) == {1, 3}
