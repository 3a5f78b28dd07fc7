"""Numbers that a caller hands over: checked by name, and refused in one line that says what is allowed."""

import math
import numbers
from typing import Any

import numpy as np


def finite_number(field: str, value: object, *, at_least: float = -math.inf, above: float = -math.inf) -> float:
    """Return `value` as a float; raise a `ValueError` for text, a bool, None, NaN, an infinity, or one out of range."""
    allowed = "a finite number"
    if at_least > -math.inf:
        allowed += f", at least {at_least:g}"
    if above > -math.inf:
        allowed += f" above {above:g}"
    item = _plain(value)
    if isinstance(item, bool) or not isinstance(item, numbers.Real):
        raise ValueError(f"{field} is {value!r}; it must be {allowed}")
    try:
        number = float(item)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and number >= at_least and number > above):
        raise ValueError(f"{field} is {number:g}; it must be {allowed}")
    return number


def whole_number(field: str, value: object, *, at_least: int) -> int:
    """Return `value` as an int; raise a `ValueError` for everything that is not a whole number in the range."""
    item = _plain(value)
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    if isinstance(item, bool) or not isinstance(item, numbers.Integral) or item < at_least:
        raise ValueError(f"{field} is {value!r}; it must be a whole number, at least {at_least}")
    return int(item)


def finite_array(field: str, value: object) -> np.ndarray:
    """Return `value` as a float32 array; raise a `ValueError` for what does not hold finite numbers alone."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of several lengths
        raise ValueError(f"{field} is {value!r}; it must be an array of numbers") from None
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{field} is {value!r}; it must be an array of numbers")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{field} holds {array[place]} at {place}; every number must be finite")
    return array


def _plain(value: Any) -> Any:
    """A 0-d array is welcome where a number is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
