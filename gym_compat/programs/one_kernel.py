"""A program as one kernel of XLA's CPU compiler, where many tiny kernels would cost more than they compute."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.xla_metadata import set_xla_metadata


def one_kernel(function: Callable[..., Any], example: Sequence[Any], **options: Any) -> Callable[..., Any] | None:
    """Compile a function to one kernel; return None where XLA cannot do that.

    XLA runs a program as a list of kernels, which it hands to a thread pool one by one where an array is larger than
    512 bytes. It makes a single kernel of every small loop, and it does so with any call that is marked as it marks
    those loops. Compilers that do not know the mark ignore it; some operations, such as a sort, cannot be part of it.

    Args:
        function: the function, of arrays.
        example: arguments to try it with, so that it is compiled now.
        options: those of `jax.jit`.
    """

    def with_two_results(*arguments: Any) -> tuple[Any, jax.Array]:
        # XLA may split the kernel of a call with one result among threads, and then fails to call it.
        return function(*arguments), jnp.int32(0)

    inner = jax.jit(with_two_results)

    def marked(*arguments: Any) -> Any:
        with set_xla_metadata(xla_cpu_small_call="true", inlineable="false"):
            return inner(*arguments)[0]

    compiled = jax.jit(marked, **options)
    try:
        compiled(*example)
    except jax.errors.JaxRuntimeError:
        return None
    return compiled
