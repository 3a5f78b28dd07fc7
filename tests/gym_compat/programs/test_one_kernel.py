"""One kernel computes what many do, and functions that cannot be one are left alone."""

import jax.numpy as jnp
import numpy as np

from gym_compat.programs.one_kernel import one_kernel

ROW = np.linspace(0.1, 2.0, 300, dtype=np.float32)


def test_its_values_are_those_of_the_function_and_it_has_one_kernel():
    compiled = one_kernel(lambda row: jnp.cumsum(jnp.sin(row)) / row.sum(), [ROW])
    np.testing.assert_allclose(compiled(ROW), np.cumsum(np.sin(ROW)) / ROW.sum(), rtol=1e-5)
    program = compiled.lower(ROW).compile().as_text()
    entry = program[program.index("\nENTRY") :]
    assert entry.count("xla_cpu_small_call") == 1
    assert "fusion(" not in entry


def test_a_sort_cannot_be_part_of_it():
    assert one_kernel(jnp.sort, [ROW]) is None
