"""Compiled programs by the content of their parameters: each is compiled only once in a process."""

import pickle
from functools import lru_cache
from typing import Protocol, TypeVar

import jax
import numpy as np

from gym_compat.forking import check_not_forked_with_jax
from jax_router.simulator import AnyParams


class Programs(Protocol):
    """Programs for one routing problem, and for a number of environments where there are several."""

    def __init__(self, params: AnyParams, *sizes: int) -> None: ...


Kind = TypeVar("Kind", bound=Programs)


def programs_of(kind: type[Kind], params: AnyParams, *sizes: int) -> Kind:
    """Return the programs of one kind for `params`: the same object for all parameters, and sizes, of equal numbers.

    Raises `RuntimeError` in a process that was forked from one which had used JAX.
    """
    check_not_forked_with_jax()
    return _from_content(kind, pickle.dumps(jax.tree.map(np.asarray, params)), sizes)


@lru_cache(maxsize=128)
def _from_content(kind: type[Kind], pickled: bytes, sizes: tuple[int, ...]) -> Kind:
    return kind(pickle.loads(pickled), *sizes)
