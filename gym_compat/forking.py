"""A process that was forked after JAX was used in it can only hang in JAX; here it says so instead."""

import os
import sys

_forked_with_jax = False


def check_not_forked_with_jax() -> None:
    """Raise a `RuntimeError` in a process that was forked from one which had used JAX."""
    if _forked_with_jax:
        raise RuntimeError(
            "this process was forked from one that has used JAX, and JAX would hang in it: start it afresh, with "
            'context="spawn", as in gym.make_vec(..., vectorization_mode="async", vector_kwargs={"context": "spawn"})'
        )


def _after_fork() -> None:
    global _forked_with_jax
    bridge = sys.modules.get("jax._src.xla_bridge")  # JAX has no public way to ask without starting it
    _forked_with_jax = bridge is not None and bridge.backends_are_initialized()


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(after_in_child=_after_fork)
