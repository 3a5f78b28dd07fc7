"""The cost-quality frontier of a set of routers: their non-decreasing convex hull, and the mean quality along it (AIQ).

Choosing between two routers by chance mixes their costs and their qualities in the same proportion, so that every point
under the convex hull can be achieved, and paying more never has to lower the quality. The hull therefore rises ever
more slowly, and is level from the best quality on. The hull of the single models is called the zero router; it is what
mixtures achieve.

Source: Hu et al., RouterBench: A Benchmark for Multi-LLM Routing System, 2024, section 3.
"""

from dataclasses import dataclass

import numpy as np

from jax_router.internal.checks import check_numbers


@dataclass(frozen=True)
class Hull:
    """The corners of a non-decreasing convex hull, from the cheapest router to the most expensive one."""

    costs: np.ndarray
    """The costs of the corners, (C,) float64, rising, in the unit of the routers' costs."""
    qualities: np.ndarray
    """The qualities of the corners, (C,) float64, never falling."""

    def quality_at(self, cost: np.ndarray) -> np.ndarray:
        """Return the quality at `cost` (any shape), float64; it is defined between the first and the last corner."""
        return np.interp(cost, self.costs, self.qualities)


def non_decreasing_hull(costs: np.ndarray, qualities: np.ndarray) -> Hull:
    """The hull of R routers.

    Args:
        costs: (R,) in any unit of money.
        qualities: (R,) in any unit.

    Raises:
        ValueError: for numbers that are not finite, and for lists that are empty or not of one length.
    """
    costs, qualities = check_numbers("costs", costs), check_numbers("qualities", qualities)
    if len(costs) != len(qualities):
        raise ValueError(f"there are {len(costs)} costs and {len(qualities)} qualities; each router needs one of both")
    # Routers are sorted by cost; among equal costs, the best quality is first, so that others are never a corner.
    order = np.lexsort((-qualities, costs))
    rising = np.maximum.accumulate(qualities[order])
    corners: list[tuple[float, float]] = []
    for corner in zip(costs[order].tolist(), rising.tolist(), strict=True):
        if corners and corner[0] == corners[-1][0]:
            continue
        while len(corners) > 1 and not _bends_down(corners[-2], corners[-1], corner):
            corners.pop()
        corners.append(corner)
    return Hull(*np.array(corners, np.float64).T)


def common_range(first: Hull, second: Hull) -> tuple[float, float] | None:
    """Return the lowest and the highest cost at which both hulls are defined; None if that is a point or nothing."""
    low = max(first.costs[0], second.costs[0])
    high = min(first.costs[-1], second.costs[-1])
    return (float(low), float(high)) if low < high else None


def average_improvement_in_quality(hull: Hull, low: float, high: float) -> float:
    """Return the AIQ: `1 / (high - low)` times the integral of the hull's quality over the costs `low` to `high`.

    Raises `ValueError` where the hull is not defined on all of that range, or the range is empty.
    """
    if not hull.costs[0] <= low < high <= hull.costs[-1]:
        raise ValueError(
            f"the costs {low:g} to {high:g} are not within the hull's, {hull.costs[0]:g} to {hull.costs[-1]:g}"
        )
    inside = hull.costs[(hull.costs > low) & (hull.costs < high)]
    costs = np.concatenate([[low], inside, [high]])
    return float(np.trapezoid(hull.quality_at(costs), costs) / (high - low))


def _bends_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Return whether the line from `a` over `b` to `c` gets less steep at `b`."""
    return (b[1] - a[1]) * (c[0] - b[0]) > (c[1] - b[1]) * (b[0] - a[0])
