"""Means over parts are means over all rows, and parts are of the size that was asked for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from train.algorithm.minibatches import mean_over_parts


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
