"""How much of a period has passed, by a clock that may jump, stand still or step back."""

from typing import NamedTuple

SECONDS_PER_DAY = 86_400.0


class Clock(NamedTuple):
    """What the readings of a caller's clock have told so far, all in s."""

    last: float
    """The last reading."""
    elapsed: float
    """The time that is believed to have passed since the first reading."""
    longest_step: float
    """The longest step forward so far that no step back has undone."""


def start(seconds: float) -> Clock:
    """The clock at its first reading."""
    return Clock(seconds, 0.0, 0.0)


def read(clock: Clock, seconds: float) -> Clock:
    """Return the clock after another reading.

    A step forward counts as time: it cannot be told from silence. A step back takes back at most the longest step
    forward before it, so that a clock that was set wrong and then right again has counted what really passed. The
    rest of a step back counts as no time at all: a clock that is set back for good ends no period early, and lengthens
    it by no more than the longest silence before.
    """
    step = seconds - clock.last
    if step >= 0:
        return Clock(seconds, clock.elapsed + step, max(clock.longest_step, step))
    taken_back = min(-step, clock.longest_step)
    return Clock(seconds, clock.elapsed - taken_back, clock.longest_step - taken_back)


def by_time_of_day(clock: Clock, before: float, now: float) -> float:
    """Return a reading, s, for callers without a clock: the last one plus the difference of two times of day, in days.

    The shorter way around the day counts, forward or back, so that a silence of more than half a day is not noticed.
    """
    days = (now - before + 0.5) % 1.0 - 0.5
    return clock.last + days * SECONDS_PER_DAY
