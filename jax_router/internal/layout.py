"""How the arrays of a batch lie in memory while they are computed with."""

from typing import TypeVar

import jax
import jax.numpy as jnp
from jax.experimental.layout import Layout, with_layout_constraint

Tree = TypeVar("Tree")


def batch_innermost(tree: Tree) -> Tree:
    """The same arrays; those of shape (B, N) lie in memory model after model, each with its batch in one piece.

    A fleet has few models and a rollout many environments: XLA's CPU programs then work on several environments at
    once, and not on one number after the other. Values and shapes stay as they are. To be used where things are traced.
    """

    def placed(leaf: jax.Array) -> jax.Array:
        return with_layout_constraint(leaf, Layout((1, 0))) if jnp.ndim(leaf) == 2 else leaf

    return jax.tree.map(placed, tree)


@jax.custom_jvp
def innermost_if_mapped(leaf: jax.Array) -> jax.Array:
    """The same array; where a function is mapped over it by `jax.vmap`, the batch lies innermost in memory.

    For functions of one environment, which cannot see the batch. To be used where XLA would otherwise choose the
    layout of what comes after, such as that of a row of numbers for each environment.
    """
    return _as_it_is(leaf)


@innermost_if_mapped.defjvp
def _derivative(leaves: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    return innermost_if_mapped(*leaves), tangents[0]


@jax.custom_batching.custom_vmap
def _as_it_is(leaf: jax.Array) -> jax.Array:
    return leaf


@_as_it_is.def_vmap
def _batch_last(batch_size: int, is_mapped: list[bool], batch: jax.Array) -> tuple[jax.Array, bool]:
    return with_layout_constraint(batch, Layout((*range(1, batch.ndim), 0))), True


def models_outermost(tree: Tree) -> Tree:
    """The same arrays; where `jax.vmap` maps over them, those of shape (N,) lie as `batch_innermost` lays them."""
    return jax.tree.map(lambda leaf: innermost_if_mapped(leaf) if jnp.ndim(leaf) == 1 else leaf, tree)
