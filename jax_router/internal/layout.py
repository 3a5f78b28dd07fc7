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
