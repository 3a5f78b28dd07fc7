"""NumPy arrays in place of JAX's, so that making parameters starts no JAX backend."""

from typing import Any, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, DTypeLike

Struct = TypeVar("Struct")


def constant(value: ArrayLike, dtype: DTypeLike = np.float32) -> jax.Array:
    """Return `value` as a NumPy array, typed as the JAX array that it becomes in the first traced operation."""
    return cast(jax.Array, np.asarray(value, dtype))


def is_traced(value: object) -> bool:
    """Return whether this is a tracer of `jax.jit` or `jax.vmap`, whose value is not known and cannot be checked."""
    return isinstance(value, jax.core.Tracer)


def namespace(*values: object) -> Any:
    """Return `jax.numpy` where one of the values is traced, else NumPy, which compiles nothing."""
    return jnp if any(map(is_traced, values)) else np


def constant_struct(struct_type: type[Struct], source: object) -> Struct:
    """Make a struct of () float32 constants; each field is the attribute of `source` with the same name."""
    names = struct_type.__annotations__
    return struct_type(**{name: constant(getattr(source, name)) for name in names})
