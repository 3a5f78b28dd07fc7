"""Packing a pytree into a row of float32 and back: small JAX programs are fastest with one argument and one result."""

from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

Tree = TypeVar("Tree")


def pack(tree: object) -> jax.Array:
    """Pack all leaves into a row, (K,) float32: of float32; int32 or uint32, which keep their bits; or bool, 0 or 1."""
    return jnp.concatenate([_as_float32(jnp.asarray(leaf)).reshape(-1) for leaf in jax.tree.leaves(tree)])


def unpack(row: jax.Array, like: Tree) -> Tree:
    """Invert `pack` under `jit`, for a tree with the shapes and dtypes of `like`."""
    leaves, structure = jax.tree.flatten(like)
    parts = [row[start:stop].reshape(leaf.shape) for leaf, (start, stop) in zip(leaves, _spans(leaves), strict=True)]
    typed = [_from_float32(part, leaf.dtype) for part, leaf in zip(parts, leaves, strict=True)]
    return jax.tree.unflatten(structure, typed)


def unpack_on_host(rows: np.ndarray, like: Tree) -> Tree:
    """Turn rows (..., K) that came back from JAX into a tree of new, writable NumPy arrays that lead with (...)."""
    leaves, structure = jax.tree.flatten(like)
    parts = [
        _from_float32_on_host(rows[..., start:stop].reshape((*rows.shape[:-1], *leaf.shape)), leaf.dtype)
        for leaf, (start, stop) in zip(leaves, _spans(leaves), strict=True)
    ]
    return jax.tree.unflatten(structure, parts)


def width(like: object) -> int:
    """Return K, the length of the row that `pack` makes of such a tree."""
    return sum(leaf.size for leaf in jax.tree.leaves(like))


def _spans(leaves: list[jax.ShapeDtypeStruct]) -> list[tuple[int, int]]:
    stops = np.cumsum([leaf.size for leaf in leaves])
    return [(int(stop) - leaf.size, int(stop)) for stop, leaf in zip(stops, leaves, strict=True)]


def _as_float32(leaf: jax.Array) -> jax.Array:
    if jnp.issubdtype(leaf.dtype, jnp.integer):
        return jax.lax.bitcast_convert_type(leaf, jnp.float32)
    return leaf.astype(jnp.float32)


def _from_float32(part: jax.Array, dtype: np.dtype) -> jax.Array:
    if jnp.issubdtype(dtype, jnp.integer):
        return jax.lax.bitcast_convert_type(part, dtype)
    return part.astype(dtype)


def _from_float32_on_host(part: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype == np.int32:
        return np.array(part, order="C").view(np.int32)
    return np.array(part, dtype, order="C")
