"""Requests that a gateway has logged, in whichever of the known formats, as one table of numbers."""

from jax_router.logs.log import Log
from jax_router.logs.read import read_log

__all__ = ["Log", "read_log"]
