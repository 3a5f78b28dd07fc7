"""NumPy arrays in the place of JAX's: parameters are made without starting a backend."""

from typing import TypeVar, cast

import jax
import numpy as np
from numpy.typing import ArrayLike, DTypeLike

Struct = TypeVar("Struct")


def constant(value: ArrayLike, dtype: DTypeLike = np.float32) -> jax.Array:
    """`value` as a NumPy array, typed as what it becomes at the first traced operation."""
    return cast(jax.Array, np.asarray(value, dtype))


def is_traced(value: object) -> bool:
    """Whether this is a tracer of `jax.jit` or `jax.vmap`, which has no number yet that could be checked."""
    return isinstance(value, jax.core.Tracer)


def constant_struct(struct_type: type[Struct], source: object) -> Struct:
    """A struct of () float32 constants, each from the attribute of `source` with the name of the field."""
    names = struct_type.__annotations__
    return struct_type(**{name: constant(getattr(source, name)) for name in names})
