"""Other libraries may promote dtypes; the project may not."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import jax

P, R = ParamSpec("P"), TypeVar("R")


def lenient(function: Callable[P, R]) -> Callable[P, R]:
    """Return the same function, in which JAX promotes dtypes as it does by default."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with jax.numpy_dtype_promotion("standard"):
            return function(*args, **kwargs)

    return call
