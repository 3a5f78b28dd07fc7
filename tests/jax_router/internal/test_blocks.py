"""Numbers drawn by blocks are those drawn step by step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.internal.blocks import DRAWN_AT_ONCE, scan_steps, steps_at_once


@pytest.mark.parametrize("at_once", [1, 3, 6])
def test_a_scan_by_blocks_is_a_scan(at_once: int) -> None:
    def draw(t: jax.Array) -> jax.Array:
        return jax.random.bits(jax.random.fold_in(jax.random.key(0), t), (4,), jnp.uint32)

    def one_step(carry: jax.Array, drawn: jax.Array) -> tuple[jax.Array, jax.Array]:
        carry = 3 * carry + drawn
        return carry, carry

    last, results = scan_steps(draw, one_step, jnp.zeros(4, jnp.uint32), 6, at_once)
    expected = [np.zeros(4, np.uint32)]
    for t in range(6):
        expected.append(3 * expected[-1] + np.asarray(draw(jnp.int32(t))))
    np.testing.assert_array_equal(results, expected[1:])
    np.testing.assert_array_equal(last, expected[-1])


@pytest.mark.parametrize(
    ("num_envs", "num_steps", "size"),
    [(1, 20, 20), (2048, 30, 15), (2048, 31, 1), (2 * DRAWN_AT_ONCE, 30, 1), (5, 0, 1)],
)
def test_blocks_fit_the_cache_and_the_steps(num_envs: int, num_steps: int, size: int) -> None:
    assert steps_at_once(num_envs, num_steps) == size
