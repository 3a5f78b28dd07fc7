"""Python's floats in the place of an array namespace: what `router_serving.pacing` asks of one, for one budget.

For a number alone, NumPy takes ten times as long.
"""

from typing import Any

import numpy as np

int32 = int


def maximum(a: float, b: float) -> float:
    """Return the larger number."""
    return a if a > b else b


def minimum(a: float, b: float) -> float:
    """Return the smaller number."""
    return a if a < b else b


def floor(x: float) -> float:
    """Return the largest whole number that is not above `x`."""
    return x // 1.0


def where(condition: bool, a: Any, b: Any) -> Any:
    """Return `a` where the condition holds, and `b` elsewhere."""
    return a if condition else b


def interp(x: float, knots: np.ndarray, values: np.ndarray) -> float:
    """Return what lies at `x` on the lines between knots, (K,) rising, with values, (K,)."""
    return float(np.interp(x, knots, values))


def min(values: np.ndarray) -> float:
    """Return the smallest of (N,) numbers."""
    return float(values.min())


def zeros_like(x: Any) -> Any:
    """Return 0 as a number of the same kind."""
    return type(x)(0)


def ones_like(x: Any) -> Any:
    """Return 1 as a number of the same kind."""
    return type(x)(1)
