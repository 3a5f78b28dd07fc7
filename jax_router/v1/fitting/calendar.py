"""How the load goes through the day and the week, and a clock on which nothing of either is left."""

from dataclasses import dataclass

import numpy as np

DAY = 86_400.0
HOURS = 24
DAYS = 7
DAYS_FOR_A_DAY = 2
"""Days of a log from which on it says how the load goes through the day."""
DAYS_FOR_A_WEEK = 12
"""Whole days of a log from which on it says how the days of the week differ: two weeks less their two ends."""
THURSDAY = 3
"""The day of the week of 1970-01-01; 0 is Monday."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Profile:
    """What each part of a cycle counts, over the mean of all parts; one part stands for "all the same"."""

    load: np.ndarray  # (L,) float64, mean 1
    low: np.ndarray  # (L,) float64, 95 % interval
    high: np.ndarray  # (L,) float64

    @property
    def is_flat(self) -> bool:
        """Whether the log does not tell one part from the other."""
        return len(self.load) == 1


FLAT = Profile(np.ones(1), np.full(1, np.nan), np.full(1, np.nan))


def day_profile(seconds: np.ndarray, week: Profile = FLAT) -> Profile:
    """The load in each hour of the day in UTC, with the days of the week on one level; flat for a log of hours."""
    if seconds[-1] - seconds[0] < DAYS_FOR_A_DAY * DAY:
        return FLAT
    hours, counts = _counts(seconds, 3600.0)
    even = counts / _of_day(week, hours // HOURS)
    mean = _means(even, hours % HOURS, HOURS)
    if mean.mean() <= 0:
        return FLAT
    # Two or three values tell no spread of one hour: all hours together do.
    _, number = np.unique(hours % HOURS, return_counts=True)
    spread = np.sqrt(((even - mean[hours % HOURS]) ** 2).sum() / (len(hours) - HOURS)) / np.sqrt(number)
    return Profile(mean / mean.mean(), *_around(mean / mean.mean(), spread / mean.mean()))


def week_profile(seconds: np.ndarray) -> Profile:
    """What each day of the week counts in UTC, from Monday on, (7,); flat where days do not differ by more than chance.

    Days of one name differ, too. By how much says how far each mean is drawn to 1: a normal prior with the variance
    that the means of the seven have beyond that (Efron and Morris, 1975).
    """
    days, counts = _counts(seconds, DAY)
    if len(days) < DAYS_FOR_A_WEEK:
        return FLAT
    name = _weekday(days)
    mean = _means(counts, name, DAYS)
    level = mean.mean()
    within = ((counts - mean[name]) ** 2).sum() / (len(days) - DAYS) / level**2
    noise = within / np.bincount(name, minlength=DAYS)  # of each mean
    between = (mean / level).var(ddof=1) - noise.mean()
    if between <= 0:
        return FLAT
    share = between / (between + noise)
    load = 1 + share * (mean / level - 1)
    load /= load.mean()
    return Profile(load, *_around(load, np.sqrt(share * noise)))


def evened(seconds: np.ndarray, day: Profile, week: Profile = FLAT) -> np.ndarray:
    """The times on a clock that runs as fast as the load, so that nothing of day and week is left, (R,) s."""
    if (day.is_flat and week.is_flat) or not len(seconds):
        return seconds - (seconds[0] if len(seconds) else 0.0)
    step = DAY / HOURS
    edges = np.arange(np.floor(seconds[0] / step), np.ceil(seconds[-1] / step) + 1).astype(np.int64)
    hour, date = edges[:-1] % HOURS, edges[:-1] // HOURS
    pace = day.load[hour % len(day.load)] * _of_day(week, date)
    clock = np.concatenate([[0.0], np.cumsum(pace * step)])
    return np.interp(seconds / step, edges, clock)


def _counts(seconds: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The whole stretches of `step` s, numbered from 1970 on, (S,) int64, and how many times are in each, (S,)."""
    first, last = int(np.ceil(seconds[0] / step)), int(np.floor(seconds[-1] / step))
    places = (seconds // step).astype(np.int64)
    kept = places[(places >= first) & (places < last)]
    return np.arange(first, max(first, last)), np.bincount(kept - first, minlength=max(0, last - first)).astype(float)


def _means(values: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(place, weights=values, minlength=size) / np.maximum(np.bincount(place, minlength=size), 1)


def _weekday(days: np.ndarray) -> np.ndarray:
    return (days + THURSDAY) % DAYS


def _of_day(week: Profile, days: np.ndarray) -> np.ndarray:
    """What these days, numbered from 1970 on, count."""
    return np.ones(len(days)) if week.is_flat else week.load[_weekday(days)]


def _around(load: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(load - 1.96 * error, 0.0), load + 1.96 * error
