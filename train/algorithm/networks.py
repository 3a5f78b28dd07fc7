"""Actor and critic: two separate multi-layer perceptrons with orthogonal initialisation."""

import jax
import numpy as np
from flax import linen as nn


class MLP(nn.Module):
    """Hidden layers of one activation and a linear output; layer i is called `Dense_i`."""

    layer_sizes: tuple[int, ...]
    num_outputs: int
    activation: str  # a name in `router_serving.network.ACTIVATIONS`, and so in `jax.nn`
    output_scale: float

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map inputs (..., D) to outputs (..., num_outputs), both float32."""
        for size in self.layer_sizes:
            x = nn.Dense(size, kernel_init=nn.initializers.orthogonal(np.sqrt(2)))(x)
            x = getattr(jax.nn, self.activation)(x)
        return nn.Dense(self.num_outputs, kernel_init=nn.initializers.orthogonal(self.output_scale))(x)


class ActorCritic(nn.Module):
    """Separate networks `actor` and `critic`, for the policy's logits and for the value of an observation."""

    num_actions: int
    layer_sizes: tuple[int, ...]
    activation: str

    def setup(self) -> None:
        # A small last layer makes the first policy nearly uniform (Andrychowicz et al., 2021).
        self.actor = MLP(self.layer_sizes, self.num_actions, self.activation, 0.01)
        self.critic = MLP(self.layer_sizes, 1, self.activation, 1.0)

    def __call__(self, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Map observations (..., D) to logits (..., num_actions) and values (...), all float32."""
        return self.actor(observation), self.critic(observation)[..., 0]
