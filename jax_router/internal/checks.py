"""One-line errors for bad input: what is wrong, its value, and what is allowed."""

import math
import numbers

import numpy as np


def check_number(
    field: str,
    value: object,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    at_most: float = math.inf,
    kind: str = "a finite number",
) -> float:
    """Return `value` as a float, or raise a `ValueError` that names `field`, the value and the allowed range."""
    allowed = _range_in_words(kind, at_least, at_most, above)
    # A 0-d array is welcome where a number is; True and "3" are mistakes.
    item = value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
    if isinstance(item, bool) or not isinstance(item, numbers.Real):
        raise ValueError(f"{field} is {value!r}; it must be {allowed}")
    try:
        number = float(item)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and at_least <= number <= at_most and number > above):
        raise ValueError(f"{field} is {number:.10g}; it must be {allowed}")
    with np.errstate(over="ignore"):
        as_float32 = np.float32(number)
    if not np.isfinite(as_float32) or (number != 0 and as_float32 == 0):
        raise ValueError(f"{field} is {number:g}; it must be a number that float32 can hold")
    return number


def check_whole_number(field: str, value: object, *, at_least: int, at_most: int = 2**31 - 1) -> int:
    """Return `value` as an int, or raise a `ValueError` that names `field`, the value and the allowed range."""
    number = check_number(field, value, at_least=at_least, at_most=at_most, kind="a whole number")
    if not number.is_integer():
        raise ValueError(f"{field} is {number:.10g}; it must be {_range_in_words('a whole number', at_least, at_most)}")
    return int(number)


def _range_in_words(kind: str, at_least: float, at_most: float, above: float = -math.inf) -> str:
    bounds = []
    if at_least > -math.inf:
        bounds.append(f"at least {at_least:.10g}")
    if above > -math.inf:
        bounds.append(f"above {above:.10g}")
    if at_most < math.inf:
        bounds.append(f"at most {at_most:.10g}")
    return f"{kind} {' and '.join(bounds)}".rstrip()
