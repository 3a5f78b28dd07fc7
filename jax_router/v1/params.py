"""Everything a step depends on besides state, action and chance, as plain arrays."""

import jax
from flax import struct

from jax_router.internal.gymnax_names import with_time_limit_of_gymnax
from jax_router.simulator import Simulator
from jax_router.v1.arrivals import Arrivals
from jax_router.v1.endpoint import Engines
from jax_router.v1.fleet import Fleet
from jax_router.v1.quality import Quality
from jax_router.v1.reward import RewardWeights
from jax_router.v1.traffic import Traffic


@with_time_limit_of_gymnax
@struct.dataclass
class Params:
    """One routing problem as a pytree of arrays.

    Only the simulator, the number of models N and the shapes of tables and traces are static. It may be traced, stacked
    and mapped over (`jax.vmap`).
    """

    fleet: Fleet
    engines: Engines
    traffic: Traffic
    arrivals: Arrivals
    quality: Quality
    reward: RewardWeights
    follow_up: jax.Array  # () float32, probability that a prompt continues a session
    sessions: jax.Array  # () float32, sessions that are alive
    patience: jax.Array  # () float32, s
    retry_delay: jax.Array  # () float32, s
    episode_length: jax.Array  # () int32, prompts
    budget: jax.Array  # () float32, USD an episode
    simulator: Simulator = struct.field(pytree_node=False)

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.fleet.num_models

    @property
    def max_steps_in_episode(self) -> jax.Array:
        """gymnax's name for `episode_length`, () int32, prompts."""
        return self.episode_length
