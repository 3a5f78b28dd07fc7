"""One-line errors for bad input: what is wrong, its value, and what is allowed.

Every command imports this. NumPy is imported where arrays are checked, so that `--help` and a typo do not wait for it.
"""

import math
import numbers
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

SMALLEST_FLOAT32 = 2.0**-126
"""The smallest normal float32 number: XLA treats numbers between this and 0 as 0."""


def check_number(
    field: str,
    value: object,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    at_most: float = math.inf,
) -> float:
    """Return `value` as a float, or raise a `ValueError` that names `field`, the value and the allowed range."""
    allowed = _range_in_words("a finite number", at_least, at_most, above)
    item = _plain_number(value)
    if item is None:
        raise ValueError(f"{field} is {value!r}; it must be {allowed}")
    try:
        number = float(item)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and at_least <= number <= at_most and number > above):
        raise ValueError(f"{field} is {number:.10g}; it must be {allowed}")
    if not _fits_float32(number):
        raise ValueError(f"{field} is {number:g}; it must be a number that float32 can hold")
    return number


def check_whole_number(field: str, value: object, *, at_least: int, at_most: float = 2**31 - 1) -> int:
    """Return `value` as an int, or raise a `ValueError` that names `field`, the value and the allowed range."""
    item = _plain_number(value)
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    # Python's integers are compared without conversion: floats do not represent all integers above 2**53.
    if not isinstance(item, numbers.Integral) or not at_least <= int(item) <= at_most:
        shown = f"{item:.10g}" if isinstance(item, float) else repr(value) if item is None else item
        raise ValueError(f"{field} is {shown}; it must be {_range_in_words('a whole number', at_least, at_most)}")
    return int(item)


def check_numbers(field: str, values: object, *, at_least: float = -math.inf) -> "np.ndarray":
    """Return a list of numbers as (K,) float64, or raise a `ValueError` that names `field` and what is wrong with it.

    The list must hold at least one number, and none that is NaN, infinite or below `at_least`.
    """
    import numpy as np

    allowed = _range_in_words("finite numbers", at_least, math.inf)
    array = np.asarray(values)
    if array.ndim != 1 or not array.size or array.dtype.kind not in "fiu":
        raise ValueError(f"{field} is {values!r}; it must be a list of {allowed}")
    array = array.astype(np.float64)
    wrong = ~(np.isfinite(array) & (array >= at_least))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise ValueError(f"{field} holds {array[first]:.10g} at {first}; it must hold {allowed}")
    return array


def _fits_float32(number: float) -> bool:
    try:
        (as_float32,) = struct.unpack("<f", struct.pack("<f", number))
    except OverflowError:
        return False
    return number == 0 or abs(as_float32) >= SMALLEST_FLOAT32


def _plain_number(value: Any) -> numbers.Real | None:
    """Return `value` as a number, also from a 0-d array; None for anything else, such as True or "3"."""
    item = value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
    return None if isinstance(item, bool) or not isinstance(item, numbers.Real) else item


def _range_in_words(kind: str, at_least: float, at_most: float, above: float = -math.inf) -> str:
    bounds = []
    if at_least > -math.inf:
        bounds.append(f"at least {at_least:.10g}")
    if above > -math.inf:
        bounds.append(f"above {above:.10g}")
    if at_most < math.inf:
        bounds.append(f"at most {at_most:.10g}")
    return f"{kind} {' and '.join(bounds)}".rstrip()
