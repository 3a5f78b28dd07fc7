"""Layouts change how arrays lie in memory, and nothing that is computed with them."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.internal.layout import innermost_if_mapped, models_outermost

ROWS = jnp.arange(6, dtype=jnp.float32).reshape(2, 3)


def test_values_stay_as_they_are_with_and_without_a_batch() -> None:
    np.testing.assert_array_equal(jax.jit(innermost_if_mapped)(ROWS), ROWS)
    np.testing.assert_array_equal(jax.jit(jax.vmap(innermost_if_mapped))(ROWS), ROWS)
    np.testing.assert_array_equal(jax.jit(jax.vmap(jax.vmap(innermost_if_mapped)))(ROWS), ROWS)


def test_a_batch_lies_innermost() -> None:
    written = jax.jit(jax.vmap(innermost_if_mapped)).lower(ROWS).as_text()
    assert "LayoutConstraint" in written
    assert "LayoutConstraint" not in jax.jit(innermost_if_mapped).lower(ROWS).as_text()


def test_only_rows_are_laid_out_among_the_fields_of_one_environment() -> None:
    tree = {"queues": ROWS, "time": ROWS[:, 0]}
    laid_out = jax.jit(jax.vmap(models_outermost))
    jax.tree.map(np.testing.assert_array_equal, laid_out(tree), tree)
    assert "LayoutConstraint" in laid_out.lower(tree).as_text()
    assert "LayoutConstraint" not in laid_out.lower(ROWS[:, 0]).as_text()


def test_gradients_pass_through_in_both_modes() -> None:
    def squares(row: jax.Array) -> jax.Array:
        return (innermost_if_mapped(row) ** 2).sum()

    np.testing.assert_array_equal(jax.vmap(jax.grad(squares))(ROWS), 2 * ROWS)
    np.testing.assert_array_equal(jax.vmap(jax.jacfwd(squares))(ROWS), 2 * ROWS)
