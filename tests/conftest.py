"""What every test runs under: two CPU devices, and a simulator that may not promote types or ranks by accident."""

import os
from collections.abc import Callable, Iterator

# Before JAX starts its backend. Two devices, so that code which assumes one is found out.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import optax
import pytest

from tests.helpers.promotion import lenient

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# Adam raises its decay, a float, to the number of its steps, an integer.
optax.tree.bias_correction = lenient(optax.tree.bias_correction)


@pytest.fixture
def lenient_promotion() -> Iterator[None]:
    """For tests that run another library's environment: gymnax's own add what is bool, int and float."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def key() -> jax.Array:
    return jax.random.key(0)


@pytest.fixture
def refuses(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[list[str]], None], list[str], str], None]:
    """A command ends for bad input as all of ours do: status 2, and one line on standard error that says why."""

    def check(main: Callable[[list[str]], None], args: list[str], message: str) -> None:
        with pytest.raises(SystemExit) as exit_info:
            main(args)
        assert exit_info.value.code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert message in printed.err
        assert printed.err.count("\n") == 1

    return check
