"""Actor and critic that score every model with the same weights, for fleets of any size."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from router_serving.network import layered
from router_serving.shared_network import (
    RewardTerms,
    SharedNetwork,
    Table,
    expected_reward,
    is_present,
    mean_over_models,
    network_inputs,
    num_network_inputs,
)
from train.algorithm.kernels import gradient_by_unit

FIRST_SCALE = 100.0
"""The scale of what a model is worth among the logits that learning begins with: nearly greedy, still exploring."""
SCARCITY_PRICES = (0.30, 3.58, 0.27)
"""The prices of scarcity, which stay: those that do well as a rule in the `default` scenario."""
EMBEDDING_SIZE = 16
"""The units of the embedding whose mean over the models the actor reads."""


class SharedActorCritic(nn.Module):
    """An actor that is a `SharedNetwork`, and a critic that reads means over the models."""

    table: Table
    terms: RewardTerms
    layer_sizes: tuple[int, ...]

    def setup(self) -> None:
        num_inputs, critic_size = num_network_inputs(self.table), 2 * self.layer_sizes[0]
        self.actor = Actor(num_inputs, self.layer_sizes)
        self.critic_embedding = Layers((num_inputs, critic_size), 1.0)
        self.critic = Layers((critic_size, critic_size, 1), 1.0)

    def __call__(self, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Map observations (..., D) of N models to logits (..., N) and values (...), all float32."""
        actor = SharedNetwork(self.table, self.terms, *self.actor())
        reward = expected_reward(observation, self.table, self.terms, jnp)
        inputs = network_inputs(observation, reward, self.table, self.terms, jnp)
        each = jnp.tanh(layered(inputs, self.critic_embedding(), "tanh", jnp))
        pooled = mean_over_models(each, is_present(observation, self.table), jnp)
        return actor.preferences(observation, jnp), layered(pooled, self.critic(), "tanh", jnp)[..., 0]


def served_network(table: Table, terms: RewardTerms, actor: Mapping[str, Any]) -> SharedNetwork:
    """Return the actor of trained parameters as what serves it; `actor` is their part of that name."""
    correction, embedding = actor["correction"], actor["embedding"]
    layers = tuple((correction[f"kernel_{i}"], correction[f"bias_{i}"]) for i in range(len(correction) // 2))
    prices = np.array(SCARCITY_PRICES, np.float32)
    return SharedNetwork(table, terms, prices, (embedding["kernel_0"], embedding["bias_0"]), layers, actor["scale"])


class Actor(nn.Module):
    """The parameters of a `SharedNetwork`."""

    num_inputs: int
    layer_sizes: tuple[int, ...]

    @nn.compact
    def __call__(self) -> tuple[Any, ...]:
        """Return scarcity prices, embedding, layers and scale."""
        (embedding,) = Layers((self.num_inputs, EMBEDDING_SIZE), np.sqrt(2), name="embedding")()
        # A last layer of nearly 0 makes the first policy the rule that the network begins with.
        layers = Layers((self.num_inputs + EMBEDDING_SIZE, *self.layer_sizes, 2), 0.01, name="correction")()
        scale = self.param("scale", lambda _: jnp.float32(FIRST_SCALE))
        return jnp.array(SCARCITY_PRICES, jnp.float32), embedding, layers, scale


class Layers(nn.Module):
    """The kernels and biases of layers of these sizes, orthogonal at first."""

    sizes: tuple[int, ...]
    output_scale: float

    @nn.compact
    def __call__(self) -> tuple[tuple[jax.Array, jax.Array], ...]:
        """Return kernel (inputs, outputs) and bias (outputs,), float32, of every layer."""
        layers = []
        for i, (inputs, outputs) in enumerate(pairwise(self.sizes)):
            scale = self.output_scale if i == len(self.sizes) - 2 else np.sqrt(2)
            kernel = self.param(f"kernel_{i}", nn.initializers.orthogonal(scale), (inputs, outputs), jnp.float32)
            bias = self.param(f"bias_{i}", nn.initializers.zeros_init(), (outputs,), jnp.float32)
            layers.append((gradient_by_unit(kernel), bias))
        return tuple(layers)
