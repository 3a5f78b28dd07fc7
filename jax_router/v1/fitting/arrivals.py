"""When prompts come: the mean rate, its day and week, and the process that predicts later counts best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jax_router.v1.arrivals import burstiness, settings_of
from jax_router.v1.fitting.calendar import Profile, day_profile, evened, week_profile
from jax_router.v1.fitting.estimate import BLOCKS, Estimate, prior
from jax_router.v1.fitting.simulated import simulate

WINDOWS = (1.0, 3.0, 10.0, 30.0, 60.0)
"""s, over which dispersion is shown; only those of which a log has many."""
FINE_WINDOWS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""s, from which burstiness is told."""
SIMULATED, TIMES = 25_000, 16
"""Arrivals that a process is judged by, and how many times as many."""
ENOUGH_SECONDS = 100_000.0
"""s of each of them whose counts tell how frequent a count is."""
CALIBRATIONS = 4
"""Simulations that a process is calibrated by, all with the same luck."""
RESAMPLES = 50
FEWEST_BLOCKS = 6
"""Blocks of time that intervals are drawn from."""
PROCESSES = ("poisson", "cox", "on_off")
FEWEST_COUNTS = 100
"""Held-out windows of one length, from which on they count."""
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
    day: Profile
    """The load of each hour in UTC."""
    week: Profile
    """What the load of each day of the week is multiplied by, from Monday on."""
    likelihood: Mapping[str, float]
    """Mean log-likelihood of a held-out count, nats, by process."""


def fit_arrivals(seconds: np.ndarray, held_out: np.ndarray) -> FittedArrivals:
    """Fit the process to arrival times, (R,) s since 1970 in their order; `held_out`, (H,), come after them."""
    week = week_profile(seconds)
    day = day_profile(seconds, week)
    even, later = evened(seconds, day, week), evened(held_out, day, week)
    counts = counts_in(even, 1.0)
    measured = np.array([rate := len(even) / (even[-1] - even[0]), *_burstiness(counts, rate)])
    truth, likelihood = {}, {}
    for process in PROCESSES:
        truth[process] = _calibrated(process, measured, len(counts))
        likelihood[process] = _likelihood(simulate(settings_of(process, *truth[process]), SIMULATED, TIMES), later)
    # The simplest of those that predict as well.
    best = next(process for process in PROCESSES if likelihood[process] >= max(likelihood.values()) - TIE)
    drawn = _resampled(counts, measured[2]) * truth[best] / measured
    seen = f"log, {len(seconds):,} requests in {(seconds[-1] - seconds[0]) / 3600:,.1f} h"
    many = [settings_of(best, *one) for one in drawn]
    settings = settings_of(best, *truth[best])
    variance, memory = (
        Estimate(float(truth[best][i]), "log, index of dispersion", *_ends(drawn[:, i])) for i in (1, 2)
    )
    return FittedArrivals(
        process=best,
        numbers={
            name: Estimate(value, seen if name == "rate" else f"{seen}; {best}", *_ends([one[name] for one in many]))
            for name, value in settings.items()
        },
        variance=variance,
        memory=memory if best != "poisson" else prior(1.0, "without bursts, counts are predicted as well"),
        day=day,
        week=week,
        likelihood=likelihood,
    )


def counts_in(seconds: np.ndarray, window: float) -> np.ndarray:
    """The number of arrivals in each whole window, (W,) int64."""
    since = seconds - seconds[0]
    return np.bincount((since / window).astype(np.int64))[: max(1, int(since[-1] / window))]


def dispersion(counts: np.ndarray, window: int) -> float:
    """Variance over mean of the number of arrivals in windows of so many counts."""
    summed = counts[: len(counts) // window * window].reshape(-1, window).sum(1)
    return float(summed.var() / max(summed.mean(), 1e-12))


def _burstiness(counts: np.ndarray, rate: float) -> tuple[float, float]:
    """Relative variance of the rate and its memory, s."""
    windows = np.array([window for window in FINE_WINDOWS if window <= len(counts) / 20])
    measured = np.array([dispersion(counts, int(window)) for window in windows])
    return burstiness(windows, measured, rate)


def _calibrated(process: str, target: np.ndarray, length: int) -> np.ndarray:
    """The rate, its variance and memory with which the process has the measured dispersion, (3,) float64.

    What is measured in a log is not what it was made with: the environment's rate changes at arrivals alone, the
    exponential of a Gaussian forgets faster than it, and a short log has not seen the largest bursts. So simulations as
    long as the log are measured in the same way (indirect inference: Gourieroux, Monfort and Renault, 1993).

    Args:
        process: one of `PROCESSES`.
        target: (3,) as measured: prompts/s, relative variance, s.
        length: of the log, s.
    """
    if process == "poisson" or target[1] < 1e-3:
        return target
    now = target
    for _ in range(CALIBRATIONS):
        simulated = simulate(settings_of(process, *now), SIMULATED, TIMES)
        parts = [counts_in(times[times < length], 1.0) for times in simulated]
        seen = np.mean([np.log(_burstiness(part, part.mean())) for part in parts], axis=0)
        seen = np.exp([np.log(SIMULATED / simulated[:, -1].mean()), *seen])
        # What windows of a minute cannot tell stays near the formula.
        now = np.clip(now * (target / seen) ** 0.8, target / 2, target * 2)
    return now


def _likelihood(simulated: np.ndarray, held_out: np.ndarray) -> float:
    """Mean log-likelihood, nats, of the held-out counts in windows of 1, 10 and 60 s, by the simulated frequencies."""
    total = []
    for window in (1.0, 10.0, 60.0):
        if len(held_out) < 2 or held_out[-1] - held_out[0] < FEWEST_COUNTS * window:
            continue
        seen = counts_in(held_out, window)
        expected = np.concatenate([counts_in(one[one < ENOUGH_SECONDS], window) for one in simulated])
        # The classes are the same for every process: they follow from what was seen.
        edges = np.unique(np.quantile(seen, np.linspace(0, 1, 21)[1:-1], method="lower"))
        times = np.bincount(np.searchsorted(edges, expected), minlength=len(edges) + 1) + 0.5
        total.append(float(np.log(times / times.sum())[np.searchsorted(edges, seen)].mean()))
    return float(np.sum(total)) if total else 0.0


def _resampled(counts: np.ndarray, memory: float) -> np.ndarray:
    """Rates, variances and memories of blocks of time drawn with replacement, (RESAMPLES, 3); (0, 3) of a short log."""
    size = max(300, len(counts) // BLOCKS, int(5 * memory))  # a block holds what remembers
    parts = counts[: len(counts) // size * size].reshape(-1, size)
    if len(parts) < FEWEST_BLOCKS:
        return np.zeros((0, 3))
    rng = np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLES):
        drawn = parts[rng.integers(len(parts), size=len(parts))].reshape(-1)
        rate = max(float(drawn.mean()), 1e-9)
        found.append([rate, *_burstiness(drawn, rate)])
    return np.array(found)


def _ends(values: Sequence[float] | np.ndarray) -> tuple[float, float] | tuple[None, None]:
    """A 95 % interval of resampled values, if there are any and they differ."""
    if not len(values) or np.ptp(values) == 0:
        return None, None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
