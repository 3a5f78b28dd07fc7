"""LLMRouter-v1 as a `Simulator`."""

import jax

from jax_router.simulator import Simulator
from jax_router.v1 import noise, reward
from jax_router.v1.env import endings, initial_state, transition
from jax_router.v1.observation import observe
from jax_router.v1.params import Params


def draw_noise(key: jax.Array, params: Params, shape: tuple[int, ...] = ()) -> noise.Noise:
    """The noise of a step, leading with `shape`: see `jax_router.v1.noise.draw_noise`."""
    return noise.draw_noise(key, params.num_models, shape)


def reward_of(outcome: reward.Outcome, params: Params) -> jax.Array:
    """The reward of an outcome, () float32: see `jax_router.v1.reward.reward`."""
    return reward.reward(outcome, params.reward)


SIMULATOR = Simulator(
    name="LLMRouter-v1",
    draw_noise=draw_noise,
    initial_state=initial_state,
    transition=transition,
    endings=endings,
    observe=observe,
    reward=reward_of,
    takes_keys=True,
)
