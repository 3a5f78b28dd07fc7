"""What arrives: prompts with the lengths of tables or of a trace's rows, and the load over the day."""

from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import jax
import numpy as np
from flax import struct
from numpy.typing import ArrayLike

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number
from jax_router.internal.tables import sine_load
from jax_router.v1.arrivals import fitted
from jax_router.v1.lengths import BINS, MEASURED, LengthTables, bin_of, tables_from

if TYPE_CHECKING:
    from jax_router.trace import Outliers, Trace

NUM_LOAD_BINS = 96
"""Values in the synthetic load table: one for every quarter of an hour of the simulated day."""
DAYS = 7
"""Of a week."""
LOAD_PEAK = 0.375
"""When the synthetic load peaks, days after midnight: 09:00."""

Process = Literal["replay", "poisson", "cox", "on_off"]
"""How the arrivals of a trace come back: as they were, or by a process that is fitted to them."""


@struct.dataclass
class Prompt:
    """One prompt waiting to be routed, for a fleet of N models."""

    input_tokens: jax.Array  # () float32, tokens
    expected_tokens: jax.Array  # () float32, tokens, the mean answer to a prompt of such a length
    output_tokens: jax.Array  # () float32, tokens, hidden: the answer, whichever model makes it
    cached: jax.Array  # () float32, share of the prompt in the cache of its home
    z: jax.Array  # (N,) float32, probit of the quality expected of each model
    ease: jax.Array  # () float32, hidden
    home: jax.Array  # () int32, the model whose cache its session is in; N: none


@struct.dataclass
class Traffic:
    """The lengths of prompts and answers, the load over the day, and a trace's rows where one is replayed."""

    lengths: LengthTables
    load: jax.Array  # (L,) float32, mean 1, one value for each L-th part of the day
    rows: jax.Array | None  # (R, 4) float32: prompt, expected answer, answer (tokens), gap to the next row (s)
    settings: tuple[tuple[str, float], ...] = struct.field(pytree_node=False, default=())
    """What a trace says of its arrivals, names and values of `Settings` for `make_params`."""
    week: jax.Array | None = None  # (7,) float32, mean 1, what the load of each day counts, from Monday on; None: alike

    @property
    def replays(self) -> bool:
        """Whether prompts and gaps are a trace's own."""
        return self.rows is not None

    needs_answers: ClassVar[bool] = True  # whether a trace has to tell how long answers are

    @classmethod
    def synthetic(
        cls,
        lengths: LengthTables | str = "conv",
        load_amplitude: float = 0.5,
        load: ArrayLike | None = None,
        week: ArrayLike | None = None,
    ) -> "Traffic":
        """Prompts of tables, and a sine of load that peaks at 09:00 or a load of one's own.

        Args:
            lengths: "conv", "code", or tables such as those of `jax_router.v1.lengths.tables_from` and `lognormal`.
            load_amplitude: of the sine, 0 .. 1.
            load: (L,) the load in each L-th part of a day, at least 0; its mean becomes 1.
            week: (7,) what the load of each day of the week is multiplied by, from Monday on; its mean becomes 1.

        Raises:
            ValueError: one line that names the argument, the value and what is allowed.
        """
        amplitude = check_number("load_amplitude", load_amplitude, at_least=0, at_most=1)
        table = sine_load(amplitude, NUM_LOAD_BINS, LOAD_PEAK) if load is None else _checked_load(load)
        days = None if week is None else constant(_checked_week(week))
        return cls(lengths=_checked_lengths(lengths), load=constant(table), rows=None, week=days)

    @classmethod
    def from_trace(
        cls,
        path: str | PathLike[str],
        *,
        arrivals: Process = "replay",
        load: ArrayLike | None = None,
        outliers: "Outliers" = "refuse",
    ) -> "Traffic":
        """Traffic measured from a request trace, a CSV file in the columns of the Azure LLM inference traces.

        `ContextTokens` and `GeneratedTokens` give the lengths, `TIMESTAMP` the arrivals. `jax_router.trace.read_trace`
        says which files it reads.

        Args:
            path: of the file.
            arrivals: "replay" the trace's own gaps and lengths, row after row; or draw lengths from its tables and
                gaps from a process as bursty as the trace: "poisson", "cox" (its rate wanders) or "on_off".
            load: (L,) the load over the day on top of a fitted process; default: none.
            outliers: "refuse" or "drop" requests that are years away from the others.

        Raises:
            OSError: where the file cannot be opened.
            ValueError: naming file and line, for what is no trace; or naming an argument.
        """
        from jax_router.trace import read_trace  # pandas takes half a second to import

        if arrivals not in get_args(Process):
            raise ValueError(f"arrivals is {arrivals!r}; it must be one of {', '.join(get_args(Process))}")
        return cls.from_requests(read_trace(path, outliers=outliers, answers=True), arrivals=arrivals, load=load)

    @classmethod
    def from_requests(cls, trace: "Trace", *, arrivals: Process = "replay", load: ArrayLike | None = None) -> "Traffic":
        """Traffic measured from the requests of a trace that is read already, with its answers (see `from_trace`)."""
        if trace.answer_tokens is None:
            raise ValueError("the trace was read without its answers; read it with answers=True")
        order = np.argsort(trace.seconds, kind="stable")
        seconds, inputs = trace.seconds[order], trace.tokens[order]
        outputs = np.maximum(trace.answer_tokens[order], 1)
        table = constant(np.ones(1) if load is None else _checked_load(load))
        lengths = tables_from(inputs, outputs)
        if arrivals != "replay":
            return cls(lengths=lengths, load=table, rows=None, settings=tuple(fitted(seconds, arrivals).items()))
        lengths = _with_moments_of(lengths, inputs, outputs)
        gaps = np.diff(seconds)
        expected = np.asarray(lengths.expected_output)[bin_of(inputs, inputs)]
        rows = np.stack([inputs, expected, outputs, np.append(gaps, gaps.mean())], axis=-1)
        return cls(lengths=lengths, load=table, rows=constant(rows), settings=(("rate", 1.0),))


def _with_moments_of(lengths: LengthTables, inputs: np.ndarray, outputs: np.ndarray) -> LengthTables:
    """The tables with the means of the rows themselves: a table's tail is thinner than that of what it is made of."""
    bins = bin_of(inputs, inputs)
    count = np.bincount(bins, minlength=BINS)
    sums = np.bincount(bins, weights=outputs, minlength=BINS)
    return replace(
        lengths,
        expected_output=constant(np.where(count > 0, sums / np.maximum(count, 1), outputs.mean())),
        mean_input=constant(max(1.0, inputs.mean())),
        mean_output=constant(outputs.mean()),
        mean_square_output=constant((outputs**2).mean()),
    )


def _checked_lengths(lengths: LengthTables | str) -> LengthTables:
    if isinstance(lengths, LengthTables):
        return lengths
    if not isinstance(lengths, str) or lengths not in MEASURED:
        raise ValueError(f"lengths is {lengths!r}; it must be {' or '.join(map(repr, MEASURED))}, or LengthTables")
    return MEASURED[lengths]


def _checked_load(load: ArrayLike, name: str = "load") -> np.ndarray:
    table = np.asarray(load, np.float64)
    if table.ndim != 1 or not table.size or not (np.isfinite(table) & (table >= 0)).all() or table.sum() <= 0:
        raise ValueError(f"{name} is {load!r}; it must be a list of numbers of at least 0, not all 0")
    return table / table.mean()


def _checked_week(week: ArrayLike) -> np.ndarray:
    table = _checked_load(week, "week")
    if len(table) != DAYS:
        raise ValueError(f"week has {len(table)} numbers; it must have one for each day from Monday on")
    return table
