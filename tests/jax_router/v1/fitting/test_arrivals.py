"""Arrivals with known truth: the numbers come back, and so do the counts."""

import numpy as np
import pytest

from jax_router.v1.fitting.arrivals import counts_in, dispersion, fit_arrivals
from jax_router.v1.fitting.simulated import simulate
from tests.helpers.regimes import cox, poisson

RATE, SIZE = 6.0, 60_000


def switched(rng, size, rate, time_on=8.0, time_off=24.0):
    """Arrivals in times of Exponential(time_on) s that Exponential(time_off) s part from each other."""
    busy = poisson(rng, size, rate * (time_on + time_off) / time_on)
    count = int(busy[-1] / time_on * 2) + 50
    ends = np.cumsum(rng.exponential(time_on, count))
    pauses = np.concatenate([[0.0], np.cumsum(rng.exponential(time_off, count))])
    return busy + pauses[np.searchsorted(ends, busy)]


def fit(arrivals, seed=0):
    seconds = 1.7e9 + arrivals(np.random.default_rng(seed), SIZE, RATE)
    border = int(0.8 * SIZE)
    return fit_arrivals(seconds[:border], seconds[border:]), seconds


@pytest.mark.parametrize(
    ("arrivals", "process", "variance", "memory"),
    [(cox(0.5), "cox", np.expm1(0.25), 30.0), (switched, "on_off", 3.0, 6.0)],
)
def test_burstiness_comes_back(arrivals, process, variance, memory):
    fitted, seconds = fit(arrivals)
    assert fitted.process == process
    assert fitted.variance.value == pytest.approx(variance, rel=0.25)
    assert fitted.memory.value == pytest.approx(memory, rel=0.25)
    settings = {name: estimate.value for name, estimate in fitted.numbers.items()}
    real, simulated = counts_in(seconds, 1.0), counts_in(simulate(settings, 300_000, seed=5)[0], 1.0)
    assert simulated.mean() == pytest.approx(real.mean(), rel=0.1)
    for window in (1, 10, 60):
        assert dispersion(simulated, window) == pytest.approx(dispersion(real, window), rel=0.25)


def test_arrivals_without_bursts_get_none():
    fitted, _ = fit(poisson)
    assert fitted.variance.value < 0.01
    assert fitted.numbers["rate"].value == pytest.approx(RATE, rel=0.03)
    low, high = fitted.numbers["rate"].interval
    assert low <= RATE <= high


def test_pauses_leave_the_mean_rate():
    settings = {"rate": 12.0, "burst_std": 0.0, "pause_prob": 0.02, "pause_mean": 10.0}
    times = simulate(settings, 100_000)[0]
    assert len(times) / times[-1] == pytest.approx(1 / (1 / 12 + 0.02 * 10), rel=0.05)
