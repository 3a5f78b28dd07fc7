"""Programs that do not depend on the arrays that a function closes over."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from jax_router.internal.arrays import is_traced

Tree = TypeVar("Tree")


def as_arrays(tree: Tree) -> Tree:
    """Return a pytree of JAX's arrays in the place of NumPy's scalars, which would be parts of a program."""
    return jax.tree.map(jnp.asarray, tree)


def compiled(function: Callable[..., Any], *example: Any) -> Callable[..., Any]:
    """Return `function` for arguments like these, as a program that is the same whatever arrays it closes over.

    `jax.jit` makes them constants of the program, and a policy with other numbers would be compiled anew. Under
    `jax.disable_jit`, and for tracers of a function that is compiled itself, it is `function` as it is.
    """
    is_disabled = jax.config.jax_disable_jit  # type: ignore[attr-defined]
    if is_disabled or any(map(is_traced, jax.tree.leaves(example))):
        return function
    program, constants = without_constants(function, *example)
    return partial(program, constants)


def call_compiled(function: Callable[..., Any], *args: Any) -> Any:
    """Return `function(*args)`, as `compiled` compiles it."""
    return compiled(function, *args)(*args)


def without_constants(function: Callable[..., Any], *args: Any) -> tuple[Any, list[Any]]:
    """Return a jitted program `program(constants, *args)`, for arguments like these, and its constants."""
    traced, shapes = jax.make_jaxpr(function, return_shape=True)(*args)
    structure = jax.tree.structure(shapes)

    @jax.jit
    def program(constants: list[Any], *args: Any) -> Any:
        results = jaxpr_as_fun(ClosedJaxpr(traced.jaxpr, constants))(*jax.tree.leaves(args))
        return jax.tree.unflatten(structure, results)

    return program, traced.consts
