"""Everything a step depends on besides state, action and chance, as plain arrays."""

import jax
from flax import struct

from jax_router.internal.gymnax_names import with_time_limit_of_gymnax
from jax_router.simulator import Simulator
from jax_router.v0.congestion import Congestion
from jax_router.v0.fleet import Fleet
from jax_router.v0.quality import Difficulty
from jax_router.v0.reward import RewardWeights
from jax_router.v0.traffic import Traffic


@with_time_limit_of_gymnax
@struct.dataclass
class Params:
    """One routing problem as a pytree of arrays; only the simulator and the number of models N are
    static.

    It may be traced, stacked and mapped over (`jax.vmap`), and differentiated through.
    """

    fleet: Fleet
    traffic: Traffic
    congestion: Congestion
    difficulty: Difficulty
    reward: RewardWeights
    episode_length: jax.Array  # () int32, prompts
    budget: jax.Array  # () float32, USD an episode
    steps_per_day: jax.Array  # () float32, prompts a day
    simulator: Simulator = struct.field(pytree_node=False)

    @property
    def num_models(self) -> int:
        """N, a Python int also under `jit`."""
        return self.fleet.num_models

    @property
    def max_steps_in_episode(self) -> jax.Array:
        """gymnax's name for `episode_length`, () int32, prompts."""
        return self.episode_length
