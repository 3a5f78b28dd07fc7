"""The environments behind Brax's interface, for its wrappers and trainers; Brax is not installed with this package.

from jax_router.brax_env import BraxRouter
from jax_router.gymnax_env import LLMRouter

env = BraxRouter(LLMRouter(scenario="rush_hour"))
"""

from typing import Any

import jax
import jax.numpy as jnp
from gymnax.wrappers.brax import GymnaxToBraxWrapper

from jax_router.gymnax_env import RouterEnvironment


class BraxRouter(GymnaxToBraxWrapper):
    """A router as a Brax environment, whose `info` has the same keys after a reset as after a step.

    gymnax's own wrapper leaves out of a reset what only a step can tell, such as the cost; wrappers that scan over
    steps, such as Brax's `EpisodeWrapper`, need it there. It is zero until the first step.
    """

    def __init__(self, env: RouterEnvironment) -> None:
        """Take the environment."""
        super().__init__(env)

    def reset(self, key: jax.Array, params: Any = None) -> Any:
        """Begin an episode: a Brax `State`, `done` as float32 as Brax has it."""
        params = self.env.default_params if params is None else params
        state = super().reset(key, params)
        *_, told = jax.eval_shape(self.env.step, key, state.pipeline_state, jnp.int32(0), params)
        nothing = {name: jnp.zeros(like.shape, like.dtype) for name, like in told.items()}
        return state.replace(done=jnp.float32(0), info=nothing | state.info)

    def step(self, state: Any, action: jax.Array, params: Any = None) -> Any:
        """Make a step, and begin a new episode where this one ends."""
        after = super().step(state, action, params)
        return after.replace(done=after.done.astype(jnp.float32))

    @property
    def action_size(self) -> int:
        """The number of models N, among which an action chooses one."""
        return self.env.num_actions

    @property
    def observation_size(self) -> int:
        """D, the length of an observation."""
        return self.env.obs_shape[0]
