"""Trials with many budgets, and the cells of their table."""

import numpy as np

from train.studies.budget_trials import mean_and_range


def test_a_mean_with_its_range() -> None:
    assert mean_and_range([1.0, 2.0], ".1f") == "1.5 (1.0 to 2.0)"
    assert mean_and_range([1.01, 1.02], ".1f") == "1.0"
    assert mean_and_range([0.5, np.nan], ".1f") == "-"
    assert mean_and_range(np.array([0.99, 0.995]), ".1%") == "99.2% (99.0% to 99.5%)"
