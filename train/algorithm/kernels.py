"""The order of sums in the gradient of a kernel, which decides how long a CPU takes."""

import jax


def gradient_by_unit(kernel: jax.Array) -> jax.Array:
    """The same kernel (inputs, units), whose gradient is computed as (units, inputs) and then turned around.

    XLA prefers (inputs, units). On a CPU it has nothing but slow loops for a product of few rows, and copies what lies
    in rows. The barrier is between product and turn, so that XLA does not make one of them.
    """
    return jax.lax.optimization_barrier(kernel.T).T
