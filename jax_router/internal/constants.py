"""Programs that do not depend on the arrays that a function closes over."""

from collections.abc import Callable
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun


def call_compiled(function: Callable[..., Any], *args: Any) -> Any:
    """Return `function(*args)`, compiled as one program that is the same whatever arrays `function` closes over.

    `jax.jit` makes them constants of the program, and a policy with other numbers would be compiled anew.
    """
    program, constants = without_constants(function, *args)
    return program(constants, *args)


def without_constants(function: Callable[..., Any], *args: Any) -> tuple[Any, list[Any]]:
    """Return a jitted program `program(constants, *args)`, for arguments like these, and its constants."""
    traced, shapes = jax.make_jaxpr(function, return_shape=True)(*args)
    structure = jax.tree.structure(shapes)

    @jax.jit
    def program(constants: list[Any], *args: Any) -> Any:
        results = jaxpr_as_fun(ClosedJaxpr(traced.jaxpr, constants))(*jax.tree.leaves(args))
        return jax.tree.unflatten(structure, results)

    return program, traced.consts
