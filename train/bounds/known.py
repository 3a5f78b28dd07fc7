"""Which environments have bounds: those with a folder here, named like the package of the environment."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

import numpy as np

from jax_router import versions
from jax_router.simulator import AnyParams
from router_serving.index_policy import IndexTables
from train.bounds.bound import Bound


@dataclass(frozen=True)
class QualityBound:
    """Lines that lie over the mean quality of every policy, by its mean cost."""

    prices: np.ndarray
    """(K,) slopes, quality per USD."""
    intercepts: np.ndarray
    """(K,) qualities at a cost of 0."""
    least_cost: float
    """What a prompt costs at least, USD."""

    def at(self, costs: np.ndarray) -> np.ndarray:
        """Return the quality that no policy exceeds at mean costs of a prompt, (n,) USD; NaN where none is as cheap."""
        lines = self.intercepts[:, None] + self.prices[:, None] * costs
        return np.where(costs < self.least_cost * (1 - 1e-6), np.nan, lines.min(0))


class Bounds(Protocol):
    """What such a folder has."""

    upper_bound: Callable[..., Bound]
    """`upper_bound(params, starts, seconds, progress) -> Bound`."""
    index_tables: Callable[..., tuple[IndexTables, float]] | None
    """`index_tables(params, seconds) -> tables, price`, the price of money that they hold for, reward per USD; or None.
    """
    quality_bound: Callable[[Any], QualityBound] | None
    """The quality that no policy exceeds at a cost; or None."""


def bounds_of(params: AnyParams) -> Bounds | None:
    """Return the bounds of the environment that these parameters belong to, or None where there are none."""
    name = f"train.bounds.{versions.folder_of(params)}"
    return cast(Bounds, import_module(name)) if find_spec(name) is not None else None


def quality_bound_of(params: AnyParams) -> QualityBound | None:
    """Return the quality that no policy exceeds at a cost, or None where it is not known."""
    bounds = bounds_of(params)
    return None if bounds is None or bounds.quality_bound is None else bounds.quality_bound(params)
