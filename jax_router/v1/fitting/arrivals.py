"""When prompts come: the mean rate, the profile of the day, and the process that predicts later counts best."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.v1.arrivals import Arrivals, burstiness, draw_gap, next_burst, settings_of
from jax_router.v1.fitting.estimate import BLOCKS, Estimate, prior

DAY = 86_400.0
HOURS = 24
DAYS_FOR_A_PROFILE = 2
"""Days of a log from which on it says how the load goes through the day."""
WINDOWS = (1.0, 3.0, 10.0, 30.0, 60.0)
"""s, over which dispersion is shown; only those of which a log has many."""
FINE_WINDOWS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""s, from which burstiness is told."""
SIMULATED = 100_000
"""Arrivals that a process is judged by."""
PROCESSES = ("poisson", "cox", "on_off")
TIE = 0.01
"""Nats a count by which likelihoods may differ by chance."""


@dataclass(frozen=True)
class FittedArrivals:
    """The process of a log's arrivals."""

    process: str
    """The one of `PROCESSES` that predicts the held-out counts best; of several that do, the simplest."""
    numbers: Mapping[str, Estimate]
    """The settings of `make_params` for it: rate, burst_std, burst_time, pause_prob, pause_mean."""
    variance: Estimate
    """v, the relative variance of the rate."""
    memory: Estimate
    """tau, s, how long the rate remembers."""
    load: np.ndarray
    """(HOURS,) or (1,) float64, mean 1, the load over the day in UTC."""
    likelihood: Mapping[str, float]
    """Mean log-likelihood of a held-out count, nats, by process."""


def fit_arrivals(seconds: np.ndarray, held_out: np.ndarray) -> FittedArrivals:
    """Fit the process to arrival times, (R,) s since 1970 in their order; `held_out`, (H,), come after them."""
    load = day_profile(seconds)
    even, later = evened(seconds, load), evened(held_out, load)
    rate = len(even) / (even[-1] - even[0])
    counts = counts_in(even, 1.0)
    variance, memory = _burstiness(counts, rate)
    likelihood, settings = {}, {}
    for process in PROCESSES:
        settings[process] = _calibrated(process, rate, variance, memory)
        simulated = simulate(settings[process], np.ones(1), SIMULATED)
        likelihood[process] = _likelihood(simulated, later)
    # The simplest of those that predict as well.
    best = next(process for process in PROCESSES if likelihood[process] >= max(likelihood.values()) - TIE)
    intervals = _intervals(counts, memory)
    seen = f"log, {len(seconds):,} requests in {(seconds[-1] - seconds[0]) / 3600:,.1f} h"
    fitted = {name: Estimate(value, f"{seen}; {best}") for name, value in settings[best].items()}
    ratio = settings[best]["rate"] / rate  # a process with pauses has a higher rate outside of them
    fitted["rate"] = Estimate(settings[best]["rate"], seen, *(ratio * intervals[0]))
    return FittedArrivals(
        process=best,
        numbers=fitted,
        variance=Estimate(variance, "log, index of dispersion", *intervals[1]),
        memory=Estimate(memory, "log, index of dispersion", *intervals[2])
        if variance > 0
        else prior(1.0, "the rate does not vary"),
        load=load,
        likelihood=likelihood,
    )


def day_profile(seconds: np.ndarray) -> np.ndarray:
    """The load in each hour of the day in UTC, (HOURS,) float64 with mean 1; (1,) where the log is too short."""
    if seconds[-1] - seconds[0] < DAYS_FOR_A_PROFILE * DAY:
        return np.ones(1)
    first, last = seconds[0] / 3600, seconds[-1] / 3600
    hours = np.arange(int(np.ceil(first)), int(np.floor(last)))  # whole ones
    counts = np.histogram(seconds / 3600, bins=np.append(hours, hours[-1] + 1))[0]
    load = np.array([counts[hours % HOURS == hour].mean() for hour in range(HOURS)])
    return load / load.mean() if load.mean() > 0 else np.ones(1)


def evened(seconds: np.ndarray, load: np.ndarray) -> np.ndarray:
    """The times on a clock that runs as fast as the day's load, so that nothing of the day is left, (R,) s."""
    if len(load) == 1 or not len(seconds):
        return seconds - (seconds[0] if len(seconds) else 0.0)
    step = DAY / len(load)
    edges = np.arange(np.floor(seconds[0] / step), np.ceil(seconds[-1] / step) + 1)
    clock = np.concatenate([[0.0], np.cumsum(load[edges[:-1].astype(np.int64) % len(load)] * step)])
    return np.interp(seconds / step, edges, clock)


def counts_in(seconds: np.ndarray, window: float) -> np.ndarray:
    """The number of arrivals in each whole window, (W,) int64."""
    since = seconds - seconds[0]
    return np.bincount((since / window).astype(np.int64))[: max(1, int(since[-1] / window))]


def dispersion(counts: np.ndarray, window: int) -> float:
    """Variance over mean of the number of arrivals in windows of so many counts."""
    summed = counts[: len(counts) // window * window].reshape(-1, window).sum(1)
    return float(summed.var() / max(summed.mean(), 1e-12))


def simulate(settings: Mapping[str, float], load: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Times of `count` arrivals of the environment's own process, (count,) float64, s, from midnight on."""
    numbers = {"burst_time": 30.0, "day_seconds": DAY, **settings}
    arrivals = Arrivals(unit_rate=jnp.float32(1), **{name: jnp.float32(number) for name, number in numbers.items()})
    gaps = _gaps(arrivals, jnp.asarray(load, jnp.float32), jax.random.key(seed), count)
    return np.cumsum(np.asarray(gaps, np.float64))


def _burstiness(counts: np.ndarray, rate: float) -> tuple[float, float]:
    """Relative variance of the rate and its memory, s."""
    windows = np.array([window for window in FINE_WINDOWS if window <= len(counts) / 20])
    measured = np.array([dispersion(counts, int(window)) for window in windows])
    return burstiness(windows, measured, rate)


def _calibrated(process: str, rate: float, variance: float, memory: float) -> dict[str, float]:
    """Settings whose simulated dispersion is the measured one.

    The environment's rate changes at arrivals alone, and the exponential of a Gaussian forgets faster than it: so the
    numbers of the formula are corrected by what they come to in a simulation.
    """
    settings = settings_of(process, rate, variance, memory)
    if process == "poisson" or variance < 1e-3:
        return settings
    target = np.array([rate, variance, memory])
    now = target
    for seed in range(4):
        times = simulate(settings, np.ones(1), SIMULATED, seed)
        seen_rate = len(times) / times[-1]
        seen = np.array([seen_rate, *_burstiness(counts_in(times, 1.0), seen_rate)])
        # What windows of a minute cannot tell stays near the formula.
        now = np.clip(now * (target / seen) ** 0.7, target / 2, target * 2)
        settings = settings_of(process, *now)
    return settings


def _likelihood(simulated: np.ndarray, held_out: np.ndarray) -> float:
    """Mean log-likelihood, nats, of the held-out counts in windows of 1 and 10 s, by the simulated frequencies."""
    total = []
    for window in (1.0, 10.0):
        if len(held_out) < 2 or held_out[-1] - held_out[0] < 2 * window:
            continue
        seen, expected = counts_in(held_out, window), counts_in(simulated, window)
        # The classes are the same for every process: they follow from what was seen.
        edges = np.unique(np.quantile(seen, np.linspace(0, 1, 21)[1:-1], method="lower"))
        times = np.bincount(np.searchsorted(edges, expected), minlength=len(edges) + 1) + 0.5
        total.append(float(np.log(times / times.sum())[np.searchsorted(edges, seen)].mean()))
    return float(np.sum(total)) if total else 0.0


def _intervals(counts: np.ndarray, memory: float, resamples: int = 50) -> np.ndarray:
    """95 % intervals of rate, variance and memory, (3, 2), from blocks of time drawn with replacement; else NaN."""
    size = max(300, len(counts) // BLOCKS, int(5 * memory))  # a block holds what remembers
    parts = counts[: len(counts) // size * size].reshape(-1, size)
    if len(parts) < 6:
        return np.full((3, 2), np.nan)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(resamples):
        drawn = parts[rng.integers(len(parts), size=len(parts))].reshape(-1)
        rate = max(float(drawn.mean()), 1e-9)
        found.append([rate, *_burstiness(drawn, rate)])
    return np.percentile(found, [2.5, 97.5], axis=0).T


@jax.jit(static_argnames="count")
def _gaps(arrivals: Arrivals, load: jax.Array, key: jax.Array, count: int) -> jax.Array:
    draws = jax.random.split(key, 3)
    gap = jax.random.exponential(draws[0], (count,), jnp.float32)
    pause = jax.random.uniform(draws[1], (count,), jnp.float32)
    normal = jax.random.normal(draws[2], (count,), jnp.float32)

    def one(carry: tuple[jax.Array, jax.Array], draw: tuple[jax.Array, jax.Array, jax.Array]):  # type: ignore[no-untyped-def]
        burst, day = carry
        seconds = draw_gap(draw[0], draw[1], burst, day, load, arrivals)
        later = day + seconds / arrivals.day_seconds
        return (next_burst(burst, draw[2], seconds, arrivals), jnp.minimum(later % 1.0, 1 - 2**-24)), seconds

    return jax.lax.scan(one, (normal[0], jnp.float32(0)), (gap, pause, normal))[1]
