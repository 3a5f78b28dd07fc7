"""What arrives: prompts drawn from tables of quantiles, and a load that changes over the day.

A trace replaces the synthetic traffic by replacing tables (`jax_router/trace.py` reads one); a step never knows which.
"""

from os import PathLike
from typing import TYPE_CHECKING, ClassVar

import jax
import numpy as np
from flax import struct

from jax_router.internal.arrays import constant, is_traced
from jax_router.internal.checks import check_number, check_numbers
from jax_router.internal.tables import knot_probabilities, sine_load

if TYPE_CHECKING:
    from jax_router.trace import Outliers, Trace

NUM_KNOTS = 127
"""Values in a quantile table. More would take small CPU programs off XLA's fast path (a buffer over 512 bytes)."""
NUM_LOAD_BINS = 96
"""Values in a load table: one for every quarter of an hour of the simulated day."""
LOAD_PEAK = 0.375
"""When the synthetic load peaks, days after midnight: 09:00."""

LOAD_TOLERANCE = 1e-3
"""How far from 1 the mean of a load table may be: its values are float32."""


@struct.dataclass
class Prompt:
    """One prompt waiting to be routed."""

    length: jax.Array  # () float32, 0 .. 1
    complexity: jax.Array  # () float32, 0 .. 1
    quality_required: jax.Array  # () float32, 0 .. 1


@struct.dataclass
class Traffic:
    """The distributions of prompts, and the load over the day, as tables."""

    length_quantiles: jax.Array  # (NUM_KNOTS,) float32, 0 .. 1, at `knots()`
    complexity_quantiles: jax.Array  # (NUM_KNOTS,) float32, 0 .. 1, at `knots()`
    mean_length: jax.Array  # () float32, 0 .. 1
    load: jax.Array  # (L,) float32, mean 1, one value for each L-th part of the day

    needs_answers: ClassVar[bool] = False  # whether a trace has to tell how long answers are

    @classmethod
    def synthetic(cls, load_amplitude: float = 0.5) -> "Traffic":
        """Length ~ Beta(2, 3), complexity ~ Beta(2, 5), and a sine of load that peaks at 09:00.

        Raises `ValueError` for a `load_amplitude` outside 0 .. 1 (beyond 1 the load would be negative at night).
        """
        amplitude = check_number("load_amplitude", load_amplitude, at_least=0, at_most=1)
        return cls(
            length_quantiles=constant(_beta_2_quantile(knots(), 3)),
            complexity_quantiles=constant(_beta_2_quantile(knots(), 5)),
            mean_length=constant(2 / 5),
            load=constant(sine_load(amplitude, NUM_LOAD_BINS, LOAD_PEAK)),
        )

    @classmethod
    def from_trace(cls, path: str | PathLike[str], *, outliers: "Outliers" = "refuse") -> "Traffic":
        """Traffic measured from a request trace, a CSV file in the columns of the Azure LLM inference traces.

        `TIMESTAMP` gives the load: requests per time bin over the trace's span, mean 1, laid over one simulated day.
        `ContextTokens` gives the length: prompt tokens over their maximum. `complexity`, 0 .. 1, is used where there
        is such a column and is Beta(2, 5) otherwise. `jax_router.trace.read_trace` says which files it reads, and what
        `outliers` leaves out.

        Raises `OSError` where the file cannot be opened, and `ValueError` (naming file and line) for a damaged
        archive, a missing column, no rows, or a value that does not parse.
        """
        from jax_router.trace import read_trace  # pandas takes half a second to import

        return cls.from_requests(read_trace(path, outliers=outliers))

    @classmethod
    def from_requests(cls, trace: "Trace") -> "Traffic":
        """Traffic measured from the requests of a trace that is read already (see `from_trace`)."""
        span = trace.seconds.max() - trace.seconds.min()
        bins = np.floor((trace.seconds - trace.seconds.min()) / span * NUM_LOAD_BINS).astype(np.int64)
        counts = np.bincount(np.minimum(bins, NUM_LOAD_BINS - 1), minlength=NUM_LOAD_BINS)
        length = trace.tokens / trace.tokens.max()
        synthetic = cls.synthetic()
        return cls(
            length_quantiles=constant(np.quantile(length, knots())),
            complexity_quantiles=synthetic.complexity_quantiles
            if trace.complexity is None
            else constant(np.quantile(trace.complexity, knots())),
            mean_length=constant(length.mean()),
            load=constant(counts / counts.mean()),
        )


def check_traffic(traffic: object) -> Traffic:
    """Return the traffic, or raise a `ValueError` that names the table which holds something else than it says."""
    if not isinstance(traffic, Traffic):
        raise ValueError(f"traffic is {traffic!r}; it must be a Traffic, such as Traffic.from_trace(path)")
    if any(map(is_traced, vars(traffic).values())):
        return traffic
    for name in ("length_quantiles", "complexity_quantiles"):
        table = check_numbers(f"traffic.{name}", getattr(traffic, name), at_least=0)
        if len(table) != NUM_KNOTS or table[-1] > 1 or (np.diff(table) < 0).any():
            raise ValueError(f"traffic.{name} must be {NUM_KNOTS} numbers from 0 to 1 that never fall")
    check_number("traffic.mean_length", traffic.mean_length, above=0, at_most=1)
    load = check_numbers("traffic.load", traffic.load, at_least=0)
    if abs(load.mean() - 1) > LOAD_TOLERANCE:
        raise ValueError(f"traffic.load has mean {load.mean():.6g}; it must have mean 1")
    return traffic


def knots() -> np.ndarray:
    """The probabilities a quantile table is given at, (NUM_KNOTS,) float64 from 0 to 1."""
    return knot_probabilities(NUM_KNOTS)


def _beta_2_quantile(probability: np.ndarray, b: int) -> np.ndarray:
    """The quantile of Beta(2, b) by bisection; its distribution function is 1 - (1 - x)^b (1 + b x)."""
    low, high = np.zeros_like(probability), np.ones_like(probability)
    for _ in range(60):
        middle = (low + high) / 2
        below = 1 - (1 - middle) ** b * (1 + b * middle) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(probability >= 1, 1.0, (low + high) / 2)
