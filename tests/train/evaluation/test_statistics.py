"""Intervals and percentiles against closed forms."""

import numpy as np
import pytest

from train.evaluation.statistics import bootstrap_interval, histogram_percentiles, mean_with_interval, paired_difference


def test_the_interval_of_a_mean_is_students() -> None:
    # Four values with mean 3 and standard deviation 2: 3 +- t(0.975, 3) * 2 / sqrt(4), and t(0.975, 3) is 3.1824.
    values = 3 + 2 * np.array([-1, -1, 1, 1]) * np.sqrt(3 / 4)
    estimate = mean_with_interval(values)
    assert estimate.mean == pytest.approx(3)
    assert estimate.high - 3 == pytest.approx(3.18245, rel=1e-5)
    assert 3 - estimate.low == pytest.approx(3.18245, rel=1e-5)


def test_one_value_says_nothing_about_its_spread() -> None:
    estimate = mean_with_interval(np.array([5.0]))
    assert (estimate.mean, estimate.low, estimate.high) == (5.0, -np.inf, np.inf)


def test_shared_luck_cancels_in_a_paired_difference() -> None:
    luck = np.random.default_rng(0).normal(0, 1000, 256)
    difference = paired_difference(luck + 2.0, luck)
    assert difference.mean == pytest.approx(2.0)
    assert difference.high - difference.low < 1e-9
    assert mean_with_interval(luck).high - mean_with_interval(luck).low > 200


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    samples = np.random.default_rng(0).normal(7, 3, (2000, 20))
    estimates = [mean_with_interval(sample) for sample in samples]
    covered = np.mean([estimate.low <= 7 <= estimate.high for estimate in estimates])
    assert covered == pytest.approx(0.95, abs=0.015)  # three standard errors of 2,000 trials


def test_the_bootstrap_interval_holds_the_middle_95_per_cent() -> None:
    estimate = bootstrap_interval(np.arange(1001) / 1000, mean=0.5)
    assert (estimate.mean, estimate.low, estimate.high) == (0.5, pytest.approx(0.025), pytest.approx(0.975))


def test_percentiles_from_counts() -> None:
    latencies = np.random.default_rng(0).lognormal(-0.5, 0.4, 100_000)
    edges = np.geomspace(0.01, 100, 257)
    counts, _ = np.histogram(latencies, edges)
    measured = histogram_percentiles(counts, edges, (50, 95, 99))
    np.testing.assert_allclose(measured, np.percentile(latencies, [50, 95, 99]), rtol=0.01)
