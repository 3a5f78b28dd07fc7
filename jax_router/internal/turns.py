"""The cosine and the sine of a random angle, as plain arithmetic that XLA fuses and vectorises.

XLA's CPU backend calls the C library for `jnp.cos` and `jnp.sin`, one number after the other, which took ten times as
long as a logarithm. An angle that is drawn in turns needs no reduction of large arguments either.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

SINE = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(5))
"""Taylor's coefficients of sin(x) / x, by powers of x**2; off by less than 2e-9 up to a quarter of pi."""
COSINE = tuple((-1) ** n / math.factorial(2 * n) for n in range(6))
"""Taylor's coefficients of cos(x), by powers of x**2; off by less than 2e-10 there."""


def cosine_and_sine(turns: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The cosine and the sine of an angle in turns (any shape, float32 in [0, 1]), each within 1.2e-7."""
    quarters = 4.0 * turns
    nearest = jnp.round(quarters)
    x = np.float32(math.pi / 2) * (quarters - nearest)  # the rest of the angle, at most a quarter of pi
    square = x * x
    cosine, sine = _polynomial(COSINE, square), x * _polynomial(SINE, square)
    quadrant = nearest.astype(jnp.int32)
    lies_across = (quadrant & 1) == 1
    along, across = jnp.where(lies_across, sine, cosine), jnp.where(lies_across, cosine, sine)
    return jnp.where(((quadrant + 1) & 2) == 2, -along, along), jnp.where((quadrant & 2) == 2, -across, across)


def _polynomial(coefficients: tuple[float, ...], x: jax.Array) -> jax.Array:
    """Horner's rule; the first coefficient is that of x**0."""
    value = jnp.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + np.float32(coefficient)
    return value
