"""Functions whose results XLA computes once for a batch, where it would compute them again for whoever uses them."""

from collections.abc import Callable
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata


def computed_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function; where `jax.vmap` maps over it on a CPU, the compiled program calls it and keeps its results.

    XLA makes a kernel of everything that leads to an array: what a dozen arrays of a state depend on, it computes a
    dozen times, and for each of N models where the array has shape (B, N). It removes barriers before it does so, but
    nothing crosses a call. For functions from () arrays to () arrays: XLA calls with rows of (B, N) in its usual order,
    which would undo what `jax_router.internal.layout` asks for.
    """

    @jax.custom_batching.custom_vmap
    def once(*arguments: Any) -> Any:
        return function(*arguments)

    @once.def_vmap
    def mapped(_: int, are_mapped: Any, *arguments: Any) -> tuple[Any, Any]:
        axes = jax.tree.map(lambda is_mapped: 0 if is_mapped else None, tuple(are_mapped))
        batch = jax.vmap(function, axes)
        results = _called(batch, arguments) if jax.default_backend() == "cpu" else batch(*arguments)
        return results, jax.tree.map(lambda _: True, results)

    # What has a batching rule of its own cannot be differentiated backwards; the function itself can.
    differentiable = jax.custom_jvp(once)
    differentiable.defjvp(lambda primals, tangents: jax.jvp(function, primals, tangents))
    return differentiable


def _called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    def inlined_within(*arguments: Any) -> Any:
        with set_xla_metadata(inlineable="true"):  # `jnp.where` and others are calls, too
            return function(*arguments)

    with set_xla_metadata(inlineable="false"):
        return jax.jit(inlined_within)(*arguments)
