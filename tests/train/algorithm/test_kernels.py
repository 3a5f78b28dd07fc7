"""Gradients of kernels that are computed the other way around: the same numbers, under every transformation of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from train.algorithm.kernels import gradient_by_unit


def loss(kernel, x, around):
    return jnp.sum(jnp.tanh(jnp.tensordot(around(kernel), x, (0, 0))) ** 2)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return jnp.asarray(rng.normal(size=(3, 8)), jnp.float32), jnp.asarray(rng.normal(size=(3, 32)), jnp.float32)


@pytest.mark.parametrize("transform", [jax.grad, jax.jacfwd, jax.hessian])
def test_derivatives_are_those_of_the_kernel(arrays, transform) -> None:
    kernel, x = arrays
    found = jax.jit(transform(lambda kernel: loss(kernel, x, gradient_by_unit)))(kernel)
    expected = transform(lambda kernel: loss(kernel, x, lambda kernel: kernel))(kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_batch_of_kernels_has_the_gradients_of_each(arrays) -> None:
    kernel, x = arrays
    kernels = jnp.stack([kernel, 2 * kernel])
    gradient = jax.grad(lambda kernel: loss(kernel, x, gradient_by_unit))
    found = jax.jit(jax.vmap(gradient))(kernels)
    np.testing.assert_allclose(found, jnp.stack([gradient(kernel) for kernel in kernels]), rtol=1e-4, atol=1e-5)


def test_the_compiled_product_is_not_turned_around(arrays) -> None:
    """Where XLA did so, a product of few rows would go through its slow loops again."""
    kernel, x = arrays
    gradient = jax.jit(jax.grad(lambda kernel: loss(kernel, x, gradient_by_unit)))
    assert "f32[8,3]{1,0} dot(" in gradient.lower(kernel).compile().as_text()
