"""How long a prompt and its answer are: drawn as a pair from two tables of quantiles.

Applications share a trace, and each has its own prompts and its own answers: in the Azure conversation trace the
answer follows from the prompt's length although the two hardly correlate. So the second table has the answers in each
of 12 bins of the prompt's length.
"""

from dataclasses import dataclass
from statistics import NormalDist

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import ArrayLike

from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_number
from jax_router.internal.tables import draw_from_quantiles, knot_probabilities, place_in_table
from jax_router.v1 import azure

INPUT_KNOTS = 127
"""Values in the table of prompts. More would take small CPU programs off XLA's fast path (a buffer over 512 bytes)."""
BINS, OUTPUT_KNOTS = 12, 10
"""Equally likely bins of the prompt's length, and values in the table of answers for each of them."""


@struct.dataclass
class LengthTables:
    """The lengths of prompts and answers, and what endpoints have to know of them."""

    input_quantiles: jax.Array  # (INPUT_KNOTS,) float32, tokens
    output_quantiles: jax.Array  # (BINS, OUTPUT_KNOTS) float32, tokens
    expected_output: jax.Array  # (BINS,) float32, tokens, the mean answer in each bin
    mean_input: jax.Array  # () float32, tokens
    mean_output: jax.Array  # () float32, tokens
    mean_square_output: jax.Array  # () float32, tokens squared
    longest: jax.Array  # () float32, tokens, at least 1: what token counts in an observation are measured by


@dataclass(frozen=True)
class QuantileTables:
    """The two tables alone, as `tables_from` derives them."""

    input_quantiles: np.ndarray  # (INPUT_KNOTS,) float64, tokens
    output_quantiles: np.ndarray  # (BINS, OUTPUT_KNOTS) float64, tokens


def tables_from(input_tokens: ArrayLike, output_tokens: ArrayLike) -> LengthTables:
    """Derive the tables of R measured prompts and their answers.

    The first and the last of a table's values are the shortest and the longest that was measured, but for the longest
    answer of a bin: that one is set so that the bin's mean is the measured one.

    Args:
        input_tokens: (R,) tokens of the prompts, at least 0.
        output_tokens: (R,) tokens of their answers, at least 0; shorter ones than 1 count as 1.

    Raises:
        ValueError: for arrays of other or of different shapes, and for values that are negative or not finite.
    """
    return with_moments(quantiles_of(input_tokens, output_tokens))


def quantiles_of(input_tokens: ArrayLike, output_tokens: ArrayLike) -> QuantileTables:
    """The two tables of R measured prompts and their answers; see `tables_from`."""
    inputs, outputs = np.asarray(input_tokens, np.float64), np.asarray(output_tokens, np.float64)
    if inputs.ndim != 1 or inputs.shape != outputs.shape or not inputs.size:
        raise ValueError(
            f"input_tokens has shape {inputs.shape} and output_tokens {outputs.shape}; both must be (R,) with R >= 1"
        )
    for name, values in (("input_tokens", inputs), ("output_tokens", outputs)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise ValueError(f"{name} holds {values[~(values >= 0)][:1]}; every value must be finite and at least 0")
    outputs = np.maximum(outputs, 1)
    bins = bin_of(inputs, inputs)
    probabilities, weights = knot_probabilities(OUTPUT_KNOTS), _mean_weights()
    table = np.empty((BINS, OUTPUT_KNOTS))
    for k in range(BINS):
        # Among few prompts, or many of one length, a bin may have none: then it has the answers of all.
        answers = outputs[bins == k] if (bins == k).any() else outputs
        table[k] = np.quantile(answers, probabilities)
        table[k, -1] = max(table[k, -2], (answers.mean() - table[k, :-1] @ weights[:-1]) / weights[-1])
    return QuantileTables(np.quantile(inputs, knot_probabilities(INPUT_KNOTS)), table)


def bin_of(input_tokens: np.ndarray, all_inputs: np.ndarray) -> np.ndarray:
    """The bin of each prompt, int64 in 0 .. BINS - 1, among the measured ones, (R,)."""
    edges = np.quantile(all_inputs, np.arange(1, BINS) / BINS)
    return np.searchsorted(edges, input_tokens, side="right")


def with_moments(tables: QuantileTables) -> LengthTables:
    """The tables with their means; `mean_square_output` is of straight lines between the quantiles."""
    low, high = tables.output_quantiles[:, :-1], tables.output_quantiles[:, 1:]
    steps = np.diff(knot_probabilities(OUTPUT_KNOTS))
    squares = (low**2 + low * high + high**2) / 3 @ steps
    expected = tables.output_quantiles @ _mean_weights()
    inputs = tables.input_quantiles
    return LengthTables(
        input_quantiles=constant(inputs),
        output_quantiles=constant(tables.output_quantiles),
        expected_output=constant(expected),
        mean_input=constant(max(1.0, (inputs[1:] + inputs[:-1]) / 2 @ np.diff(knot_probabilities(INPUT_KNOTS)))),
        mean_output=constant(expected.mean()),
        mean_square_output=constant(squares.mean()),
        longest=constant(max(1.0, inputs[-1])),
    )


def lognormal(
    mean_input: float, mean_output: float, input_cv: float = 1.0, output_cv: float = 1.0, correlation: float = 0.0
) -> LengthTables:
    """Tables of lognormal lengths, for traffic that nobody has measured.

    Args:
        mean_input: of the prompts, tokens, at least 1.
        mean_output: of the answers, tokens, at least 1.
        input_cv: standard deviation over mean, of prompts, 0 .. 10.
        output_cv: the same of answers, 0 .. 10.
        correlation: of the logarithms of a prompt's and its answer's length, -1 .. 1.

    Raises:
        ValueError: one line that names the argument, the value and what is allowed.
    """
    for name, mean in (("mean_input", mean_input), ("mean_output", mean_output)):
        check_number(name, mean, at_least=1)
    for name, cv in (("input_cv", input_cv), ("output_cv", output_cv)):
        check_number(name, cv, at_least=0, at_most=10)
    check_number("correlation", correlation, at_least=-1, at_most=1)
    normal = np.vectorize(NormalDist().inv_cdf)
    prompt = normal((np.arange(BINS * 32) + 0.5) / (BINS * 32))[:, None]
    own = normal((np.arange(400) + 0.5) / 400)
    answer = correlation * prompt + np.sqrt(1 - correlation**2) * own
    inputs = np.broadcast_to(_lognormal(prompt, mean_input, input_cv), answer.shape)
    return tables_from(inputs.reshape(-1), _lognormal(answer, mean_output, output_cv).reshape(-1))


def draw_pair(
    input_uniform: jax.Array, output_uniform: jax.Array, lengths: LengthTables
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The prompt's tokens, the tokens expected of its answer, and those of its answer, all () float32."""
    table = jnp.asarray(lengths.output_quantiles).reshape(-1)
    which = jnp.minimum((input_uniform * BINS).astype(jnp.int32), BINS - 1)
    left, share = place_in_table(output_uniform, OUTPUT_KNOTS)
    left = which * OUTPUT_KNOTS + left
    output = (1.0 - share) * table[left] + share * table[left + 1]
    inputs = draw_from_quantiles(input_uniform, lengths.input_quantiles)
    return inputs, jnp.asarray(lengths.expected_output)[which], jnp.maximum(1.0, output)


def _mean_weights() -> np.ndarray:
    """What each quantile of a bin counts for in the bin's mean, (OUTPUT_KNOTS,) float64, sum 1: the trapezoid rule."""
    steps = np.diff(knot_probabilities(OUTPUT_KNOTS)) / 2
    return np.concatenate([steps, [0]]) + np.concatenate([[0], steps])


def _lognormal(standard: np.ndarray, mean: float, cv: float) -> np.ndarray:
    std = np.sqrt(np.log1p(cv**2))
    return mean * np.exp(std * standard - std**2 / 2)


CONV = with_moments(QuantileTables(azure.CONV_INPUT, azure.CONV_OUTPUT))
"""The Azure conversation trace of 2023: prompts of mean 1,155 tokens, answers of mean 211."""
CODE = with_moments(QuantileTables(azure.CODE_INPUT, azure.CODE_OUTPUT))
"""The Azure code trace of 2023: prompts of mean 2,048 tokens, answers of mean 28."""
MEASURED = {"conv": CONV, "code": CODE}
"""The tables that the project brings along, by name."""
