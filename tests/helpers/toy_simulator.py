"""The smallest simulator: each prompt has a favourite model, which is right and free; any other is wrong and costs."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.simulator import Simulator, nearest_model


def a_struct(*fields):
    return struct.dataclass(type("Struct", (), {"__annotations__": dict.fromkeys(fields, jax.Array)}))


State = a_struct("favourite", "time_of_day", "budget_remaining", "step_count")
Outcome = a_struct("cost", "latency", "quality", "quality_required", "sla_violated", "served_by")


def draw_noise(key, params, shape=()):
    return jax.random.randint(key, shape, 0, params.num_models, jnp.int32)


def initial_state(noise, params):
    return State(noise, jnp.float32(0.5), jnp.asarray(params.budget), jnp.int32(0))


def transition(state, action, noise, params):
    action = nearest_model(action, params.num_models)
    wrong = (action != state.favourite).astype(jnp.float32)
    outcome = Outcome(wrong, 0.1 + wrong, 1.0 - wrong, jnp.float32(0.5), wrong > 0, action)
    return State(noise, state.time_of_day, state.budget_remaining - wrong, state.step_count + 1), outcome


def endings(state, params):
    return state.budget_remaining <= 0, state.step_count >= params.episode_length


def observe(state, params):
    return jax.nn.one_hot(state.favourite, params.num_models, dtype=jnp.float32)


def reward(outcome, params):
    return outcome.quality


SIMULATOR = Simulator("Toy-v0", draw_noise, initial_state, transition, endings, observe, reward)


@struct.dataclass
class Params:
    episode_length: jax.Array = np.int32(8)
    budget: jax.Array = np.float32(4)
    simulator: Simulator = struct.field(pytree_node=False, default=SIMULATOR)
    num_models = 3
    max_steps_in_episode = property(lambda self: self.episode_length)
