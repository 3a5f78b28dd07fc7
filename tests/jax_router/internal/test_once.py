"""What is computed once has the values and derivatives of the function, and the compiled program shows it."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.once import computed_once

X = jnp.linspace(0.1, 0.9, 2048)
NUM_MODELS = 5


def hard(x, scale):
    return jnp.where(x > 0.5, jnp.sin(x), jnp.tan(x)) * scale


once = computed_once(hard)


def users(function):
    """Arrays of several shapes that depend on the result, each of which is a kernel of its own."""

    def step(x, scale):
        y = function(x, scale)
        models = jnp.arange(NUM_MODELS, dtype=jnp.float32)
        return y, models * y, jnp.where(models > 2.0, y, x)

    return jax.vmap(step, (0, None))


def test_values_are_those_of_the_function():
    expected, found = (jax.jit(users(f))(X, jnp.float32(2)) for f in (hard, once))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), expected, found)
    np.testing.assert_allclose(once(X[0], 2.0), hard(X[0], 2.0), rtol=1e-6)


def test_under_two_maps_and_with_every_argument_mapped():
    pairs = jnp.stack([X, X**2]), jnp.arange(2.0)
    expected, found = (jax.vmap(jax.vmap(f, (0, None)))(*pairs) for f in (hard, once))
    np.testing.assert_allclose(expected, found, rtol=1e-6)


def test_derivatives_are_those_of_the_function():
    for differentiate in (jax.grad, jax.jacfwd):
        expected, found = (
            differentiate(lambda x, f=f: jax.vmap(f, (0, None))(x, jnp.float32(2)).sum())(X) for f in (hard, once)
        )
        np.testing.assert_allclose(expected, found, rtol=1e-5)


def test_the_program_computes_it_in_one_place():
    plain, called = (jax.jit(users(f)).lower(X, jnp.float32(2)).compile().as_text() for f in (hard, once))
    assert called.count(" sine(") < plain.count(" sine(")
    assert called.count(" call(") == 1  # `jnp.where` within it is none
