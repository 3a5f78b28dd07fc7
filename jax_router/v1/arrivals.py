"""When prompts come: a Poisson process whose rate has a day, bursts and pauses, or the gaps of a trace."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.internal.tables import load_at

LEAST_LOAD = 0.01
"""The load never falls below this share of its mean: at a load of 0, the next prompt would never come."""


@struct.dataclass
class Arrivals:
    """A process of arrivals, each field () float32."""

    rate: jax.Array  # prompts/s at mean load, outside of pauses; where a trace is replayed, the factor on its speed
    unit_rate: jax.Array  # prompts/s at a rate of 1: 1, or the pace of a trace that is replayed
    burst_std: jax.Array  # of the logarithm of the rate
    burst_time: jax.Array  # s
    pause_prob: jax.Array  # that a pause follows a prompt, 0 .. 1
    pause_mean: jax.Array  # s
    day_seconds: jax.Array  # s

    @property
    def mean_rate(self) -> jax.Array:
        """Prompts/s at mean load and outside of pauses, () float32: what the router takes for usual."""
        return jnp.asarray(self.rate) * self.unit_rate


def draw_gap(
    gap: jax.Array, pause: jax.Array, burst: jax.Array, time_of_day: jax.Array, load: jax.Array, arrivals: Arrivals
) -> jax.Array:
    """The time to the next prompt, () float32, s.

    Args:
        gap: () float32, a draw of Exponential(1).
        pause: () float32, a draw of Uniform(0, 1).
        burst: () float32, the state of the Cox process.
        time_of_day: () float32, days.
        load: (L,) float32, the day's load, mean 1.
        arrivals: the process.
    """
    std = jnp.asarray(arrivals.burst_std)
    rate = arrivals.rate * jnp.maximum(load_at(time_of_day, load), LEAST_LOAD) * jnp.exp(std * burst - 0.5 * std**2)
    # Given that it is below the chance of a pause, the uniform is uniform again, and makes its length.
    within = pause / jnp.maximum(arrivals.pause_prob, 1e-20)
    paused = jnp.where(within < 1.0, -arrivals.pause_mean * jnp.log(jnp.minimum(within, 1.0)), 0.0)
    return gap / jnp.maximum(rate, 1e-6) + paused


def next_burst(burst: jax.Array, normal: jax.Array, seconds: jax.Array, arrivals: Arrivals) -> jax.Array:
    """The state of the Cox process after some time, () float32; `normal` is a draw of Normal(0, 1)."""
    kept = jnp.exp(-seconds / arrivals.burst_time)
    return kept * burst + jnp.sqrt(1.0 - kept**2) * normal


def fitted(seconds: np.ndarray, kind: str) -> dict[str, float]:
    """The settings of a process that is as bursty as these arrival times, (R,) s, in their order.

    The index of dispersion of counts in windows of T s, 1 + 2 rate v tau (1 - tau / T (1 - exp(-T / tau))), gives the
    relative variance v of the rate and its memory tau. A Cox process takes them as they are; in one that is switched
    on and off, v is the share of time off over that of time on.

    Args:
        seconds: arrival times that span some time.
        kind: "poisson", "cox" or "on_off".
    """
    rate = len(seconds) / float(seconds.max() - seconds.min())
    since = seconds - seconds.min()
    windows = np.array([window for window in (1.0, 3.0, 10.0, 30.0, 60.0) if window <= since.max() / 10])
    measured = np.array([_dispersion(since, window) for window in windows])
    return settings_of(kind, rate, *burstiness(windows, measured, rate))


def settings_of(kind: str, rate: float, variance: float, memory: float) -> dict[str, float]:
    """The settings of a process of this kind with a mean rate (prompts/s) of a relative variance that has a memory (s).

    See `fitted`.
    """
    steady = {"rate": rate, "burst_std": 0.0, "pause_prob": 0.0, "pause_mean": 0.0}
    if kind == "poisson":
        return steady
    if kind == "cox":
        return steady | {"burst_std": min(3.0, float(np.sqrt(np.log1p(variance)))), "burst_time": memory}
    share_on = 1 / (1 + variance)
    while_on = rate / share_on
    time_on, time_off = memory / max(1 - share_on, 1e-3), memory / share_on
    return steady | {"rate": while_on, "pause_prob": min(1.0, 1 / (time_on * while_on)), "pause_mean": time_off}


def burstiness(windows: np.ndarray, measured: np.ndarray, rate: float) -> tuple[float, float]:
    """Relative variance of the rate, and its memory in s, by least squares of the logarithm of the dispersion.

    Args:
        windows: (W,) s.
        measured: (W,) the index of dispersion of the counts in windows of such a length.
        rate: prompts/s.
    """
    if not len(windows):
        return 0.0, 1.0
    tau = np.geomspace(0.1, 1000, 161)[:, None, None]
    variance = np.geomspace(1e-4, 100, 161)[None, :, None]
    model = 1 + 2 * rate * variance * tau * (1 - tau / windows * -np.expm1(-windows / tau))
    error = ((np.log(model) - np.log(np.maximum(measured, 1e-3))) ** 2).sum(-1)
    best = np.unravel_index(np.argmin(error), error.shape)
    return float(variance[0, best[1], 0]), float(tau[best[0], 0, 0])


def _dispersion(since: np.ndarray, window: float) -> float:
    """Variance over mean of the number of arrivals in windows of so many s."""
    counts = np.bincount((since / window).astype(np.int64))[: int(since.max() / window)]
    return float(counts.var() / counts.mean())
