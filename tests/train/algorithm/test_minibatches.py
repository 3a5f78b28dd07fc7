"""Orders of a batch: everything once, every place as likely, neighbours torn apart; and means over parts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from train.algorithm.minibatches import mean_over_parts, random_order


@pytest.mark.parametrize("num", [1, 2, 3, 16, 17, 1000, 1024, 2**17 + 1])
def test_every_number_comes_once(num: int) -> None:
    np.testing.assert_array_equal(np.sort(random_order(jax.random.key(3), num)), np.arange(num))


def test_every_place_is_as_likely_as_any_other() -> None:
    orders = np.asarray(jax.vmap(lambda key: random_order(key, 8))(jax.random.split(jax.random.key(0), 40_000)))
    for number in range(8):
        counts = np.bincount(np.argmax(orders == number, axis=1), minlength=8)
        assert stats.chisquare(counts).pvalue > 1e-4


def test_neighbours_do_not_stay_together() -> None:
    """The next number is in the same of 4 parts in 1 of 4 cases."""
    num = 2**20
    part = np.empty(num, np.int64)
    part[np.asarray(random_order(jax.random.key(1), num))] = np.arange(num) // (num // 4)
    same = (part[1:] == part[:-1]).mean()
    assert same == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / num))


@pytest.mark.parametrize("num", [5, 16])
def test_every_pair_of_places_is_as_likely_as_any_other(num: int) -> None:
    orders = np.asarray(jax.vmap(lambda key: random_order(key, num))(jax.random.split(jax.random.key(1), 40_000)))
    for first, second in ((0, 1), (0, num - 1), (1, num // 2)):
        pairs = orders[:, first] * num + orders[:, second]
        counts = np.bincount(pairs, minlength=num**2).reshape(num, num)
        assert (counts.diagonal() == 0).all()
        assert stats.chisquare(counts[~np.eye(num, dtype=bool)]).pvalue > 1e-4


def mean_of(rows):
    return {"mean": rows["x"].mean(0), "square": (rows["y"] ** 2).mean()}


@pytest.mark.parametrize("most", [None, 1, 5, 16, 23, 24, 1000])
def test_the_mean_over_parts_is_the_mean(most) -> None:
    rng = np.random.default_rng(0)
    rows = {"x": jnp.asarray(rng.normal(size=(24, 3)), jnp.float32), "y": jnp.asarray(rng.normal(size=24), jnp.float32)}
    found = jax.jit(lambda rows: mean_over_parts(mean_of, rows, most))(rows)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, mean_of(rows))


@pytest.mark.parametrize(
    ("num_rows", "most", "part"),
    [(24, None, 24), (24, 24, 24), (24, 12, 12), (24, 11, 8), (23, 11, 23), (8192, 2048, 2048)],
)
def test_parts_are_as_large_as_they_may_be(num_rows: int, most: int | None, part: int) -> None:
    """A prime number of rows has no parts, and goes at once."""
    seen = []

    def watch(rows):
        seen.append(len(rows))
        return rows.mean()

    mean_over_parts(watch, jnp.zeros(num_rows), most)
    assert set(seen) == {part}
