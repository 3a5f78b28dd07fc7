"""Running statistics against NumPy's over everything seen."""

import jax.numpy as jnp
import numpy as np

from train.algorithm.normalize import RunningStats, discounted_sums, normalize, update_stats


def test_batches_merge_to_the_statistics_of_all_values() -> None:
    generator = np.random.default_rng(0)
    batches = [generator.normal(3, 2, (steps, 4, 3)).astype(np.float32) for steps in (5, 1, 20)]
    stats = RunningStats.of_shape((3,))
    for batch in batches:
        stats = update_stats(stats, jnp.asarray(batch))
    everything = np.concatenate(batches).reshape(-1, 3)
    assert float(stats.count) == len(everything)
    np.testing.assert_allclose(stats.mean, everything.mean(0), rtol=1e-5)
    np.testing.assert_allclose(stats.variance, everything.var(0), rtol=1e-5)


def test_normalize_shifts_scales_and_clips() -> None:
    stats = RunningStats(jnp.float32(1), jnp.array([1.0, 0.0]), jnp.array([4.0, 1e-4]))
    np.testing.assert_allclose(normalize(jnp.array([[3.0, 5.0]]), stats), [[1.0, 10.0]], rtol=1e-5)


def test_nothing_seen_changes_nothing() -> None:
    values = jnp.array([[0.25, -2.0]])
    np.testing.assert_allclose(normalize(values, RunningStats.of_shape((2,))), values, rtol=1e-6)


def test_discounted_sums_start_anew_after_an_episode() -> None:
    rewards = jnp.ones((4, 1))
    done = jnp.array([[False], [True], [False], [False]])
    last, sums = discounted_sums(rewards, done, 0.5, jnp.array([2.0]))
    np.testing.assert_allclose(sums[:, 0], [2.0, 2.0, 1.0, 1.5])
    np.testing.assert_allclose(last, [1.5])
