"""The draws: each with its own distribution, all of them independent, also where they share random words."""

import jax
import numpy as np
import pytest
from scipy import stats

from jax_router import draw_noise

NUM_DRAWS = 1_000_000
NUM_MODELS = 5

DISTRIBUTIONS = {
    "latency": stats.norm,
    "quality": stats.norm,
    "arrivals": stats.expon,
    "time_of_day": stats.uniform,
    "length": stats.uniform,
    "complexity": stats.uniform,
    "quality_required": stats.norm,
} | {f"queues[{i}]": stats.uniform for i in range(NUM_MODELS)}


@pytest.fixture(scope="module")
def draws():
    """(NUM_DRAWS,) float64 for each name in `DISTRIBUTIONS`."""
    noise = jax.jit(lambda key: draw_noise(key, NUM_MODELS, (NUM_DRAWS,)))(jax.random.key(0))
    queues = np.asarray(noise.queues, np.float64)
    fields = {name: np.asarray(getattr(noise, name), np.float64) for name in DISTRIBUTIONS if "[" not in name}
    return fields | {f"queues[{i}]": queues[:, i] for i in range(NUM_MODELS)}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(draws, name):
    distance = stats.kstest(draws[name], DISTRIBUTIONS[name].cdf, method="asymp").statistic
    # A true sample stays below 1.63 / sqrt(n) with 99 %; one fifth more for a dozen of them.
    assert distance < 1.2 * 1.63 / np.sqrt(NUM_DRAWS)


def test_every_pair_is_uncorrelated_in_value_and_in_size(draws):
    """Size too: the two normals of Box and Muller are uncorrelated even where their radius is wrong."""
    values = np.stack([draws[name] for name in DISTRIBUTIONS])
    values -= values.mean(axis=1, keepdims=True)
    correlation = np.corrcoef(np.concatenate([values, values**2]))
    # A field and its own square may correlate.
    others = np.tile(~np.eye(len(values), dtype=bool), (2, 2))
    assert np.abs(correlation[others]).max() < 5 / np.sqrt(NUM_DRAWS)


def test_tails_reach_as_far_as_a_million_draws_should(draws):
    """The largest of 1e6 normals lies beyond 4.4 with 99.6 %, that of as many exponentials beyond 11."""
    assert 4.4 < np.abs(draws["latency"]).max() < 6.5
    assert 4.4 < np.abs(draws["quality"]).max() < 6.5
    assert 11 < draws["arrivals"].max() < 24
    assert draws["arrivals"].min() >= 0


@pytest.mark.parametrize("name", ["time_of_day", "length", "complexity", "queues[0]"])
def test_uniforms_touch_neither_end(draws, name):
    """The time of day is never 1, and 65,536 values are all there."""
    assert draws[name].min() > 0
    assert draws[name].max() < 1
    assert len(np.unique(draws[name])) == 2**16


@pytest.mark.parametrize("num_models", [1, 2, 5, 12])
def test_every_queue_has_a_draw_of_its_own(key, num_models):
    """Odd and even numbers of half words are dealt out without giving one half to two fields."""
    noise = draw_noise(key, num_models, (1000,))
    assert noise.queues.shape == (1000, num_models)
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(noise))
    uniforms = np.column_stack([noise.time_of_day, noise.length, noise.complexity, noise.queues])
    correlation = np.corrcoef(uniforms, rowvar=False) - np.eye(num_models + 3)
    assert np.abs(correlation).max() < 5 / np.sqrt(1000)


def test_a_key_is_one_draw(key):
    first, again, other = draw_noise(key, 5), draw_noise(key, 5), draw_noise(jax.random.key(1), 5)
    for a, b, c in zip(*map(jax.tree.leaves, (first, again, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert (np.asarray(a) != np.asarray(c)).all()
