"""The memory that a compiled update takes, compared with the bytes of the batch that it learns from."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from train.algorithm.experience import collect
from train.algorithm.losses import Batch
from train.algorithm.ppo import PPO


@dataclass(frozen=True)
class BatchMemory:
    """The memory of an update and of its batch, bytes."""

    program: int
    """The sum of arguments, results and temporary arrays, from XLA's own analysis; donated arrays count once."""
    stored: int
    """The part that a rollout stores, for all of its steps."""
    learned_from: int
    """The part that the loss needs: observation, action, its log-probability, value and advantage."""


def batch_memory(ppo: PPO, env_params: Any) -> BatchMemory:
    """Measure the update of one agent on one device."""
    state = jax.eval_shape(lambda: ppo.init(jax.random.key(0), env_params))
    update = jax.jit(ppo.update_block, donate_argnums=0)
    program: Any = update.lower(state, env_params, np.int32(1)).compile().memory_analysis()
    return BatchMemory(
        program=program.argument_size_in_bytes
        + program.output_size_in_bytes
        + program.temp_size_in_bytes
        - program.alias_size_in_bytes,
        stored=_bytes(_stored(ppo, env_params, state.environments)),
        learned_from=_bytes(_learned_from(ppo, state.environments.observation.shape[-1])),
    )


def _stored(ppo: PPO, env_params: Any, environments: Any) -> Any:
    def roll_out(environments: Any) -> Any:
        def actor(chance: jax.Array, observation: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            nothing = jnp.zeros(observation.shape[0], jnp.float32)
            return nothing.astype(jnp.int32), nothing, nothing

        def critic(observation: jax.Array) -> jax.Array:
            return jnp.zeros(observation.shape[0], jnp.float32)

        key = jax.random.key(0)
        return collect(ppo.env, env_params, environments, actor, critic, key, ppo.learning.num_steps)[1]

    return jax.eval_shape(roll_out, environments)


def _learned_from(ppo: PPO, width: int) -> Batch:
    size = ppo.learning.batch_size
    number = jax.ShapeDtypeStruct((size,), jnp.float32)
    observation: Any = jax.ShapeDtypeStruct((size, width), jnp.float32)
    action: Any = jax.ShapeDtypeStruct((size,), jnp.int32)
    scalar: Any = number
    return Batch(observation, action, scalar, scalar, scalar)


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
