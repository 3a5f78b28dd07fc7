"""What a column of times means: numbers since 1970 in a unit that follows from their size, or ISO 8601."""

UNITS = {1.0: "s", 1e-3: "ms", 1e-6: "us", 1e-9: "ns"}
"""s of a unit, and its name."""
ZONE = r"[0-9]:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)? ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""A regular expression for a time of day that names its zone."""


def seconds(time: str) -> str:
    """SQL: a time as text becomes a number as it stands, or s since 1970 where it is ISO 8601."""
    return f"coalesce(TRY_CAST({time} AS DOUBLE), epoch_us(TRY_CAST({time} AS TIMESTAMPTZ)) / 1e6)"


def is_number(time: str) -> str:
    """SQL: whether a time as text is a number."""
    return f"TRY_CAST({time} AS DOUBLE) IS NOT NULL"


def has_zone(time: str) -> str:
    """SQL: whether a time as text names its zone."""
    return f"regexp_matches({time}, '{ZONE}')"


def unit_of(largest: float) -> float:
    """The s of the unit in which the largest number of a column is a date, or a time since the beginning, in s.

    A number from 1e11 on cannot be s before the year 5138, one from 1e14 on not ms, and one from 1e17 on not us.
    """
    return next((unit for unit, bound in ((1.0, 1e11), (1e-3, 1e14), (1e-6, 1e17)) if abs(largest) < bound), 1e-9)
