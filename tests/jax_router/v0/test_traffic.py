"""Prompts and load as they are sampled, against the exact distributions of docs/dynamics.md."""

import jax
import numpy as np
import pytest
from scipy import stats

from jax_router import Traffic, draw_noise
from jax_router.internal.tables import draw_from_quantiles, load_at
from jax_router.v0.quality import Difficulty, mean_quality
from jax_router.v0.traffic import LOAD_PEAK, knots
from tests.helpers import oracle

NUM_DRAWS = 1_000_000
TRAFFIC = Traffic.synthetic()
PROMPTS = {
    "length": (oracle.LENGTH, TRAFFIC.length_quantiles),
    "complexity": (oracle.COMPLEXITY, TRAFFIC.complexity_quantiles),
}
EVEN = ((np.arange(NUM_DRAWS) + 0.5) / NUM_DRAWS).astype(np.float32)
"""One probability from each millionth: what it samples differs from the exact distribution by the tables alone."""


def ks_distance(sample, cdf):
    return stats.kstest(np.asarray(sample, np.float64), cdf, method="asymp").statistic


@pytest.fixture(scope="module")
def noise():
    """Four million draws, of which chance alone makes distances of 4e-4, and of 1e-3 once in a thousand keys."""
    return jax.jit(lambda key: draw_noise(key, 5, (4 * NUM_DRAWS,)))(jax.random.key(0))


@pytest.mark.parametrize("field", PROMPTS)
def test_prompts_are_within_1e_3_of_their_distribution(noise, field):
    """Also as really drawn."""
    distribution, quantiles = PROMPTS[field]
    assert ks_distance(draw_from_quantiles(EVEN, quantiles), distribution.cdf) < 1e-4
    assert ks_distance(draw_from_quantiles(getattr(noise, field), quantiles), distribution.cdf) < 1e-3


def test_load_is_within_1e_3_of_its_distribution(noise):
    def cdf(value):
        return oracle.load_cdf(value, 0.5)

    assert ks_distance(load_at(EVEN, TRAFFIC.load), cdf) < 1e-3
    assert ks_distance(load_at(noise.time_of_day, TRAFFIC.load), cdf) < 1e-3


@pytest.mark.parametrize("amplitude", [0.0, 0.5, 0.9, 1.0])
def test_load_is_the_sine(amplitude):
    load = np.asarray(load_at(EVEN, Traffic.synthetic(amplitude).load), np.float64)
    np.testing.assert_allclose(load, oracle.load(EVEN.astype(np.float64), amplitude), atol=1e-5)
    np.testing.assert_allclose(load.mean(), 1, atol=1e-6)
    assert load.min() >= 0  # a negative load would shrink queues


def test_load_peaks_at_nine_and_is_lowest_at_twentyone():
    load = np.asarray(load_at(EVEN, TRAFFIC.load), np.float64)
    assert EVEN[load.argmax()] == pytest.approx(LOAD_PEAK, abs=1e-3)
    assert EVEN[load.argmin()] == pytest.approx(0.875, abs=1e-3)
    assert load.max() == pytest.approx(1.5, abs=1e-5)
    assert load.min() == pytest.approx(0.5, abs=1e-5)


def test_load_is_continuous_around_midnight_and_at_the_last_float_before_it():
    table = np.random.default_rng(0).random(7).astype(np.float32)
    before, after = load_at(np.array([np.nextafter(np.float32(1), np.float32(0)), 0], np.float32), table)
    assert float(before) == pytest.approx(float(after), abs=1e-5)


@pytest.mark.parametrize("field", PROMPTS)
def test_tables_hold_the_exact_quantiles(field):
    distribution, quantiles = PROMPTS[field]
    np.testing.assert_allclose(quantiles, distribution.ppf(knots()), atol=1e-7)
    np.testing.assert_allclose(draw_from_quantiles(knots().astype(np.float32), quantiles), quantiles, atol=1e-5)


def test_lookup_is_linear_between_knots():
    """As np.interp has it in float64, in the coordinate in which the knots are equally spaced."""
    table = np.sort(np.random.default_rng(0).random(len(knots()))).astype(np.float32)
    low, high = np.sqrt(EVEN.astype(np.float64)), np.sqrt(1 - EVEN.astype(np.float64))
    expected = np.interp(low / (low + high), np.linspace(0, 1, len(table)), table)
    np.testing.assert_allclose(draw_from_quantiles(EVEN, table), expected, atol=1e-5)
    ends = draw_from_quantiles(np.array([0, 1], np.float32), table)
    np.testing.assert_array_equal(ends, table[[0, -1]])


def test_tables_stay_on_the_fast_path_of_xla():
    """PITFALLS.md: one buffer over 512 bytes makes every small program slow on the CPU."""
    assert all(np.asarray(leaf).nbytes <= 512 for leaf in jax.tree.leaves(TRAFFIC))


def test_what_dynamics_md_says_of_the_traffic():
    assert TRAFFIC.mean_length == pytest.approx(oracle.LENGTH.mean())
    complexity = draw_from_quantiles(EVEN, TRAFFIC.complexity_quantiles)
    gap = 1 - mean_quality(np.float32(0), complexity, Difficulty(np.float32(-1), np.float32(6.7)))
    assert float(gap.mean()) == pytest.approx(1, abs=0.005)
    assert float((gap == 0).mean()) == pytest.approx(1 / 5, abs=0.03)  # complexity under 0.15


@pytest.mark.parametrize("amplitude", [-0.1, 1.1, float("nan"), float("inf"), "0.5", True])
def test_synthetic_refuses_a_load_below_zero(amplitude):
    with pytest.raises(ValueError, match=r"load_amplitude is .*; it must be .* at least 0 and at most 1"):
        Traffic.synthetic(amplitude)
