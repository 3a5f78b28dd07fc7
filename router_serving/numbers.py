"""Numbers that a caller hands over: checked by name, and refused in one line that says what is allowed."""

import math
import numbers
from typing import Any

import numpy as np

LARGEST = 1e30
"""The largest number that is accepted, in any unit: sums and products of a few such numbers stay finite."""
LARGEST_COUNT = 2**53
"""The largest whole number that is accepted: floats do not represent every one beyond it."""


def finite_number(field: str, value: object, *, at_least: float = -math.inf, above: float = -math.inf) -> float:
    """Return `value` as a float; raise a `ValueError` for text, a bool, None, NaN, an infinity, or one out of range."""
    item = _plain(value)
    if isinstance(item, bool) or not isinstance(item, numbers.Real):
        raise ValueError(f"{field} is {value!r}; it must be {_finite(at_least, above)}")
    try:
        number = float(item)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and number >= at_least and number > above):
        raise ValueError(f"{field} is {number:g}; it must be {_finite(at_least, above)}")
    if abs(number) > LARGEST:
        raise ValueError(f"{field} is {number:g}; it must be at most {LARGEST:g}")
    return number


def _finite(at_least: float, above: float) -> str:
    """Say which numbers `finite_number` takes; most calls need no words."""
    allowed = "a finite number"
    if at_least > -math.inf:
        allowed += f", at least {at_least:g}"
    if above > -math.inf:
        allowed += f" above {above:g}"
    return allowed


def whole_number(field: str, value: object, *, at_least: int) -> int:
    """Return `value` as an int; raise a `ValueError` for everything that is not a whole number in the range."""
    item = _plain(value)
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    if isinstance(item, bool) or not isinstance(item, numbers.Integral) or int(item) < at_least:
        raise ValueError(f"{field} is {value!r}; it must be a whole number, at least {at_least}")
    if int(item) > LARGEST_COUNT:
        raise ValueError(f"{field} is {item}; it must be at most {LARGEST_COUNT}")
    return int(item)


def finite_array(field: str, value: object) -> np.ndarray:
    """Return `value` as a float32 array; raise a `ValueError` for anything but finite numbers."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32 and np.vdot(value, value) <= LARGEST:
        return value  # what a router decides on every time: the sum of squares is small, so no number is too large
    try:
        array = np.asarray(value)
    except ValueError:  # rows of several lengths
        raise ValueError(f"{field} is {value!r}; it must be an array of numbers") from None
    if array.dtype.kind not in "fiu" or _holds_bool(value):
        raise ValueError(f"{field} is {value!r}; it must be an array of numbers")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    good = np.abs(array) <= LARGEST  # NaN is not
    if not good.all():
        place = tuple(int(i) for i in np.argwhere(~good)[0])
        raise ValueError(f"{field} holds {array[place]} at {place}; every number must be finite, at most {LARGEST:g}")
    return array


def _holds_bool(value: object) -> bool:
    """Return whether lists hold a bool, which NumPy would turn into a number like the others."""
    if isinstance(value, list | tuple):
        return any(map(_holds_bool, value))
    return isinstance(value, bool | np.bool_)


def _plain(value: Any) -> Any:
    """Return the number in a 0-d array, and any other value as it is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
