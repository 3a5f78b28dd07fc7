"""Actor and critic, and which of them suit an environment."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from jax_router import versions
from jax_router.environment import AnyEnvironment
from jax_router.problems import Problems
from router_serving.shared_network import RewardTerms, Table
from train.algorithm.config import Learning
from train.algorithm.kernels import gradient_by_unit
from train.algorithm.shared_network import SharedActorCritic


def networks_for(learning: Learning, env: AnyEnvironment) -> "ActorCritic | SharedActorCritic":
    """Return the networks that a run's settings ask for; raises what `shared_table` raises."""
    if learning.network == "plain":
        return ActorCritic(env.num_actions, learning.layer_sizes, learning.activation)
    return SharedActorCritic(*shared_table(env), learning.layer_sizes)


def shared_table(env: AnyEnvironment) -> tuple[Table, RewardTerms]:
    """Return how an environment's observation is a table, and what its reward is made of besides.

    Raises `ValueError` for an environment whose observation has no row for each model.
    """
    params = env.default_params
    problem = params.one(0) if isinstance(params, Problems) else params  # rewards are the same in all of them
    simulator = getattr(problem, "simulator", None)
    if simulator is None or simulator.name not in versions.ENVIRONMENTS:
        raise ValueError(f"--network is shared; an observation of {env.name} has no row for each action")
    table = versions.of(problem).observation.table(problem)
    if table is None:
        raise ValueError(f"--network is shared; an observation of {simulator.name} has no row for each model")
    size = jax.eval_shape(env.reset, jax.random.key(0), params)[0].size
    priced = size > Table(table.features, table.common).num_inputs(params.num_models)
    return Table(table.features, table.common, priced), RewardTerms(**table.terms)


class MLP(nn.Module):
    """Hidden layers of one activation and a linear output; layer i is called `Dense_i`."""

    layer_sizes: tuple[int, ...]
    num_outputs: int
    activation: str  # a name in `router_serving.network.ACTIVATIONS`, and so in `jax.nn`
    output_scale: float

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map inputs (..., D) to outputs (..., num_outputs), both float32."""
        x = jnp.moveaxis(x, -1, 0)
        for size in self.layer_sizes:
            x = Dense(size, np.sqrt(2))(x)
            x = getattr(jax.nn, self.activation)(x)
        return jnp.moveaxis(Dense(self.num_outputs, self.output_scale)(x), 0, -1)


class Dense(nn.Module):
    """A linear layer, orthogonal at first, on units that lead: its kernel's gradient then takes a CPU half the time."""

    num_units: int
    scale: float

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map inputs (D, ...) to outputs (num_units, ...), both float32."""
        init = nn.initializers.orthogonal(self.scale)
        kernel = self.param("kernel", init, (x.shape[0], self.num_units), jnp.float32)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.num_units,), jnp.float32)
        if len(x) < self.num_units:  # for others, it takes longer
            kernel = gradient_by_unit(kernel)
        return jnp.tensordot(kernel, x, (0, 0)) + bias.reshape(-1, *[1] * (x.ndim - 1))


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
