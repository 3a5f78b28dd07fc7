"""Packing a pytree into one row loses nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gym_compat.programs.packing import pack, unpack, unpack_on_host, width

INT32 = st.integers(-(2**31), 2**31 - 1)


@settings(deadline=None)  # the first example compiles
@given(INT32, st.floats(width=32, allow_nan=False, allow_subnormal=False), st.booleans())
def test_every_value_comes_back_under_jit_and_on_the_host(whole, number, flag):
    tree = {"a": jnp.int32(whole), "b": jnp.full((2,), number, jnp.float32), "c": jnp.array(flag)}
    like = jax.eval_shape(lambda: tree)
    row = pack(tree)
    assert row.shape == (width(like),)
    for back in (unpack(row, like), unpack_on_host(np.asarray(row), like)):
        assert [leaf.dtype for leaf in back.values()] == [np.int32, np.float32, np.bool_]
        assert (int(back["a"]), float(back["b"][1]), bool(back["c"])) == (whole, number, flag)


@pytest.mark.parametrize("count", [2**24 + 1, 2**31 - 1])
def test_a_step_count_survives_a_compiled_program(count):
    like = {"step_count": jax.ShapeDtypeStruct((), jnp.int32), "time": jax.ShapeDtypeStruct((), jnp.float32)}

    @jax.jit
    def one_less(row):
        tree = unpack(row, like)
        return pack({"step_count": tree["step_count"] - 1, "time": tree["time"] * 2})

    row = np.asarray(one_less(np.asarray(pack({"step_count": jnp.int32(count), "time": jnp.float32(0.25)}))))
    assert unpack_on_host(row, like)["step_count"] == count - 1


def test_rows_of_many_become_arrays_of_many():
    like = {"a": jax.ShapeDtypeStruct((2,), jnp.float32), "b": jax.ShapeDtypeStruct((), jnp.int32)}
    batch = {"a": jnp.arange(6, dtype=jnp.float32).reshape(3, 2), "b": jnp.array([7, 8, 9], jnp.int32)}
    back = unpack_on_host(np.asarray(jax.vmap(pack)(batch)), like)
    np.testing.assert_array_equal(back["a"], batch["a"])
    np.testing.assert_array_equal(back["b"], [7, 8, 9])
    assert all(leaf.flags.writeable and leaf.flags.c_contiguous for leaf in back.values())
