"""One-line errors for bad input: what is wrong, its value, and what is allowed."""

import math
import numbers


def check_number(
    field: str,
    value: object,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    at_most: float = math.inf,
) -> float:
    """Return `value` as a float, or raise a `ValueError` that names `field`, the value and the allowed range."""
    allowed = _range_in_words(at_least, above, at_most)
    # A 0-d array is welcome where a number is; True and "3" are mistakes.
    item = value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
    if isinstance(item, bool) or not isinstance(item, numbers.Real):
        raise ValueError(f"{field} is {value!r}; it must be {allowed}")
    number = float(item)
    if not (math.isfinite(number) and at_least <= number <= at_most and number > above):
        raise ValueError(f"{field} is {number:g}; it must be {allowed}")
    return number


def check_whole_number(field: str, value: object, *, at_least: int, at_most: int = 2**31 - 1) -> int:
    """Return `value` as an int, or raise a `ValueError` that names `field`, the value and the allowed range."""
    number = check_number(field, value, at_least=at_least, at_most=at_most)
    if number != int(number):
        raise ValueError(f"{field} is {number:g}; it must be a whole number, at least {at_least}")
    return int(number)


def _range_in_words(at_least: float, above: float, at_most: float) -> str:
    if above > -math.inf:
        lower = f"above {above:g}"
    elif at_least > -math.inf:
        lower = f"at least {at_least:g}"
    else:
        lower = ""
    upper = f"at most {at_most:g}" if at_most < math.inf else ""
    bounds = " and ".join(part for part in (lower, upper) if part)
    return f"a finite number {bounds}".rstrip()
