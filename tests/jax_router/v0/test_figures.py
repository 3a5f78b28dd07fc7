"""The table of figures in docs/dynamics.md, measured again."""

import jax
import numpy as np
import pytest

import jax_router
from jax_router.rollout import compare
from jax_router.v0.strategies import static_policies

NUM_EPISODES = 256  # as the table

FIELDS = ("reward", "cost", "quality", "sla_violation_rate", "length")
# Episode reward and its standard error, then cost in USD, quality, SLA violations in % and prompts.
FIGURES = {
    "default": {
        "random": (-603, 5, 9.80, 0.824, 48.7, 992),
        "round-robin": (-562, 4, 9.90, 0.823, 48.1, 1000),
        "always tier1_large": (-2013, 27, 10.02, 0.948, 99.8, 334),
        "always tier1_small": (77, 6, 3.00, 0.819, 56.4, 1000),
        "always tier2_small": (358.8, 0.5, 1.00, 0.749, 6.6, 1000),
        "cheapest-first": (-1201, 14, 0.50, 0.702, 84.1, 1000),
    },
    "reference": {
        "random": (-192, 1.6, 9.80, 0.887, 42.4, 992),
        "always tier1_small": (439.16, 0.02, 3.00, 0.884, 0.0, 1000),
        "always tier2_small": (418.66, 0.03, 1.00, 0.839, 0.0, 1000),
        "cheapest-first": (312.5, 0.4, 0.50, 0.807, 25.2, 1000),
    },
}
# What rounding for print takes at most, for reward, cost, quality, % and prompts. The rewards are printed to their
# error or better, so that theirs is in the error already.
ROUNDING = np.array([0.0, 0.005, 0.0005, 0.05, 0.5])


@pytest.mark.parametrize("scenario", FIGURES)
def test_the_table_holds_within_three_standard_errors(scenario):
    rows = FIGURES[scenario]
    params = jax_router.make_params(scenario)
    policies = static_policies(params, [model.name for model in jax_router.DEFAULT_MODELS])
    measured = compare(jax.random.key(0), {name: policies[name] for name in rows}, NUM_EPISODES, params)

    for name, (reward, reward_error, *others) in rows.items():
        episodes = np.array([getattr(measured[name], field) for field in FIELDS], np.float64)
        episodes[3] *= 100
        error = episodes.std(axis=1, ddof=1) / np.sqrt(NUM_EPISODES)
        # The table gives the error of the reward alone; the other means are over as many episodes as ours.
        table_error = np.array([reward_error, *error[1:]])
        allowed = 3 * np.hypot(error, table_error) + ROUNDING
        off = np.abs(episodes.mean(axis=1) - [reward, *others])
        # 1e-4: a sum of 1,000 float32 prices.
        assert (off <= allowed + 1e-4).all(), f"{name}: off by {off}, allowed {allowed}"
