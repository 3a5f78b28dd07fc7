"""The plain network of a policy: layers over normalised observations, written once for NumPy and for JAX.

The functions take the array namespace `xp`, which is `numpy` while serving and `jax.numpy` in the simulator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

Array = Any
"""An array of the namespace `xp`."""
Layers = tuple[tuple[Array, Array], ...]
"""Kernel (inputs, outputs) and bias (outputs,), float32, of every layer."""

LOWEST, HIGHEST = np.array(-10, np.float32), np.array(10, np.float32)
"""The bounds that normalised observations are clipped to; as arrays, since NumPy takes twice as long with scalars."""
SMALLEST_VARIANCE = np.float32(1e-8)
"""A number that is added to variances, so that an input that never changes can be divided by its deviation."""

ACTIVATIONS: dict[str, Callable[[Array, Any], Array]] = {
    "tanh": lambda x, xp: xp.tanh(x),
    "relu": lambda x, xp: xp.maximum(x, 0),
}
"""The activation functions by name; each takes an array and its namespace."""


class Network(Protocol):
    """What a policy prefers, as a function of what it sees."""

    def num_inputs(self, num_models: int) -> int:
        """Return how many numbers it takes where there are N models."""

    def preferences(self, x: Array, xp: Any) -> Array:
        """Return the preference for each model, (..., N) float32, for inputs (..., num_inputs) float32."""


@dataclass(frozen=True)
class PlainNetwork:
    """Layers of one activation over normalised inputs, and a linear one with an output for each model."""

    activation: str
    """A name in `ACTIVATIONS`."""
    observation_mean: Array
    """(D,) float32."""
    observation_scale: Array
    """(D,) float32, above 0."""
    layers: Layers

    def num_inputs(self, num_models: int) -> int:
        """Return D, whatever the number of models."""
        return len(self.observation_mean)

    def preferences(self, x: Array, xp: Any) -> Array:
        """Return the preference for each model, (..., N) float32, for inputs (..., D) float32."""
        normal = normalized(x, self.observation_mean, self.observation_scale, xp)
        return layered(normal, self.layers, self.activation, xp)


def plain_network(
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    observation_mean: ArrayLike,
    observation_variance: ArrayLike,
    activation: str,
) -> PlainNetwork:
    """Make a network from the arrays of a training run, of JAX or NumPy, which are copied to NumPy float32."""
    return PlainNetwork(
        activation=activation,
        observation_mean=np.array(observation_mean, np.float32),
        observation_scale=scale_of(np.array(observation_variance, np.float32), np),
        layers=tuple((np.array(kernel, np.float32), np.array(bias, np.float32)) for kernel, bias in layers),
    )


def normalized(x: Array, mean: Array, scale: Array, xp: Any) -> Array:
    """Observations less their mean, over their scale, within `LOWEST` and `HIGHEST`; all (..., D) or (D,) float32."""
    # np.clip takes longer for a single observation.
    return xp.minimum(xp.maximum((x - mean) / scale, LOWEST), HIGHEST)


def scale_of(variance: Array, xp: Any) -> Array:
    """Return the scale, float32, that numbers with a variance are divided by: their standard deviation."""
    return xp.sqrt(variance + SMALLEST_VARIANCE)


def layered(x: Array, layers: Layers, activation: str, xp: Any) -> Array:
    """Map inputs (..., D) through layers of which all but the last are activated: (..., outputs), both float32."""
    activate = ACTIVATIONS[activation]
    for layer in layers[:-1]:
        x = activate(affine(x, layer), xp)
    return affine(x, layers[-1])


def affine(x: Array, layer: tuple[Array, Array]) -> Array:
    """Map (..., inputs) to (..., outputs) by a kernel (inputs, outputs) and a bias (outputs,), all float32."""
    kernel, bias = layer
    y = x @ kernel
    # JAX may be told not to add ranks by itself.
    return y + (bias if y.ndim == 1 else bias.reshape((1,) * (y.ndim - 1) + bias.shape))
