"""The cosine and sine of our own are those of float64, at every angle that 24 bits can draw."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.turns import cosine_and_sine

EVERY_ANGLE = np.arange(2**24 + 1, dtype=np.float64) / 2**24


def test_they_are_those_of_float64_at_every_angle():
    cosine, sine = jax.jit(cosine_and_sine)(EVERY_ANGLE.astype(np.float32))
    assert np.abs(np.asarray(cosine, np.float64) - np.cos(2 * np.pi * EVERY_ANGLE)).max() < 1.2e-7
    assert np.abs(np.asarray(sine, np.float64) - np.sin(2 * np.pi * EVERY_ANGLE)).max() < 1.2e-7


def test_quarters_of_a_turn_are_exact():
    cosine, sine = cosine_and_sine(jnp.asarray([0.0, 0.25, 0.5, 0.75, 1.0], jnp.float32))
    np.testing.assert_array_equal(cosine, [1, 0, -1, 0, 1])
    np.testing.assert_array_equal(sine, [0, 1, 0, -1, 0])
