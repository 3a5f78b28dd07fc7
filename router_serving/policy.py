"""What a trained policy is: a small network over normalised observations, in NumPy alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

OBSERVATION_CLIP = np.float32(10)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"tanh": np.tanh, "relu": _relu}


@dataclass(frozen=True)
class Policy:
    """A trained router. `act` is all that serving needs."""

    model_names: tuple[str, ...]
    """The models, in the order of the actions."""
    scenario: str
    """What it was trained on."""
    activation: str
    """tanh or relu."""
    observation_mean: np.ndarray
    """(D,) float32."""
    observation_scale: np.ndarray
    """(D,) float32, above 0."""
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    """Kernel (inputs, outputs) and bias (outputs,), float32, of every layer."""

    @property
    def observation_size(self) -> int:
        """The numbers in an observation."""
        return len(self.observation_mean)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The models to route to, (n,) int64, for observations (n, D) float32; () for a single one, (D,).

        Raises `ValueError` for observations of another width.
        """
        return np.argmax(self.logits(observation), axis=-1)

    def logits(self, observation: np.ndarray) -> np.ndarray:
        """The preference for each model before the argmax, (n, num_models) float32. Raises as `act` does."""
        return self._network(self._checked(observation))

    def _checked(self, observation: np.ndarray) -> np.ndarray:
        x = np.asarray(observation, np.float32)
        if x.ndim == 0 or x.shape[-1] != self.observation_size:
            raise ValueError(
                f"observation has shape {x.shape}; this policy takes (n, {self.observation_size}), "
                f"for the models {', '.join(self.model_names)}"
            )
        return x

    def _network(self, x: np.ndarray) -> np.ndarray:
        """(..., D) float32 to (..., num_models) float32."""
        x = (x - self.observation_mean) / self.observation_scale
        x = np.minimum(np.maximum(x, -OBSERVATION_CLIP), OBSERVATION_CLIP)  # np.clip costs more for one observation
        activation = ACTIVATIONS[self.activation]
        for kernel, bias in self.layers[:-1]:
            x = activation(x @ kernel + bias)
        kernel, bias = self.layers[-1]
        return x @ kernel + bias


def policy_from_arrays(
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    observation_mean: ArrayLike,
    observation_variance: ArrayLike,
    activation: str,
    model_names: Sequence[str],
    scenario: str,
) -> Policy:
    """A policy from the arrays of a training run, JAX's or NumPy's, copied to NumPy float32."""
    return Policy(
        model_names=tuple(model_names),
        scenario=scenario,
        activation=activation,
        observation_mean=np.array(observation_mean, np.float32),
        observation_scale=np.sqrt(np.array(observation_variance, np.float32) + np.float32(1e-8)),
        layers=tuple((np.array(kernel, np.float32), np.array(bias, np.float32)) for kernel, bias in layers),
    )
