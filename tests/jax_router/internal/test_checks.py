"""The one check of numbers that people hand over: what it lets through survives XLA, and what it refuses is named."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jax_router.internal.checks import check_number, check_numbers, check_whole_number

NO_NUMBERS = [None, True, np.True_, "3", b"3", [1], (), {}, 1 + 2j, np.array([1.0]), np.array("3"), object()]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.float32("nan"), 10**400]

MULTIPLY = jax.jit(jnp.multiply)


@pytest.mark.parametrize("value", NO_NUMBERS + NOT_FINITE)
@pytest.mark.parametrize("check", [check_number, lambda name, value: check_whole_number(name, value, at_least=0)])
def test_what_is_no_number_is_refused_by_name(check, value) -> None:
    with pytest.raises(ValueError, match=r"^field is .*; it must be a "):
        check("field", value)


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.float64(3), np.array(3), Fraction(3), jnp.float32(3)])
def test_every_kind_of_number_is_one(value) -> None:
    assert check_number("field", value) == 3
    assert type(check_number("field", value)) is float


@given(st.floats())
@example(1e-40)
@example(-1e-40)
@example(float(np.finfo(np.float32).tiny))
@example(float(np.finfo(np.float32).max))
def test_what_passes_is_the_same_to_xla(value: float) -> None:
    """Neither infinite nor flushed to 0, as XLA does with float32 numbers too small to be normal."""
    factor = np.float32(1.5 if abs(value) < 1 else 0.75)  # away from the ends of float32
    with np.errstate(over="ignore", under="ignore"):
        product = float(MULTIPLY(np.float32(value), factor))
    if math.isfinite(product) and (product != 0 or value == 0):
        assert check_number("field", value) == value
        assert product == pytest.approx(value * factor, rel=1e-6)
    else:
        with pytest.raises(ValueError, match=r"^field is .*; it must be a "):
            check_number("field", value)


@pytest.mark.parametrize("value", [1e-50, 1e-40, -1e-40, 1.1e-38, 1e39, -1e39])
def test_what_float32_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"^field is .*; it must be a number that float32 can hold"):
        check_number("field", value)


@given(st.integers(-(2**80), 2**80))
@example(2**53 + 1)
def test_whole_numbers_of_any_size_are_themselves(value: int) -> None:
    if value < 0:
        with pytest.raises(ValueError, match="at least 0"):
            check_whole_number("field", value, at_least=0, at_most=math.inf)
    else:
        assert check_whole_number("field", value, at_least=0, at_most=math.inf) == value


@pytest.mark.parametrize("value", [2.5, Fraction(1, 2), -1, 2**31, float(2**31), np.float32(0.1)])
def test_what_is_no_count_is_refused(value) -> None:
    with pytest.raises(ValueError, match=r"^field is .*; it must be a whole number at least 0 and at most 2147483647"):
        check_whole_number("field", value, at_least=0)


@pytest.mark.parametrize("values", [[], 3.0, None, [[1.0]], ["1"], [True, False], [1.0, None], [1, np.nan], [1, -2]])
def test_what_is_no_list_of_numbers_is_refused(values) -> None:
    with pytest.raises(ValueError, match=r"^field .*finite numbers at least 0"):
        check_numbers("field", values, at_least=0)


def test_a_list_of_numbers_is_float64() -> None:
    numbers = check_numbers("field", jnp.array([1, 2]))
    assert numbers.dtype == np.float64
    assert numbers.tolist() == [1, 2]
