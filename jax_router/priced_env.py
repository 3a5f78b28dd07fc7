"""The simulator for learning to route at any price of money, behind gymnax 1.0's interface.

Importing this imports gymnax (and with it matplotlib: seconds); `import jax_router` does not.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import environment, spaces

from jax_router.gymnax_env import LLMRouter
from jax_router.internal.checks import check_number
from jax_router.internal.threefry import fold_in
from jax_router.pricing import MAX_PRICE, MIN_PRICE, priced_observation, priced_reward
from jax_router.v0 import env as router
from jax_router.v0.fleet import ModelConfig
from jax_router.v0.params import Params, without_budget

MEAN_STRETCH = 100
"""Prompts that a price lasts for, on average."""


@struct.dataclass
class PricedState:
    """One episode, and the price that holds at the moment."""

    router: router.State
    log_price: jax.Array  # () float32, of reward per USD


class PricedRouter(environment.Environment[PricedState, Params]):
    """Routing prompts across a fleet of N language models at a price of money that changes.

    - observation: (N + 5,) float32, that of `LLMRouter` with the budget held at 1, and the log of the price.
    - action: () int32 in 0 .. N - 1, the index of a model.
    - reward: () float32, see `jax_router.pricing.priced_reward`.
    - terminated: never, the budget does not bind; truncated: at the time limit, and where the price changes. The
      episode goes on there, but what it earns from then on, it earns at another price: a learner bootstraps from the
      final observation, which shows the old one.
    - info: as of `LLMRouter`.

    A price is drawn from all between `min_price` and `max_price`, uniformly on a logarithmic scale; it lasts for
    `MEAN_STRETCH` prompts on average, and to the end of the episode at most.
    """

    def __init__(
        self,
        scenario: str = "default",
        models: Sequence[ModelConfig] | None = None,
        min_price: float = MIN_PRICE,
        max_price: float = MAX_PRICE,
        **settings: Any,
    ) -> None:
        """Take what `LLMRouter` takes, and the range of prices, reward per USD; raise `ValueError` where it is none."""
        super().__init__()
        self._unpriced = LLMRouter(scenario, models, **settings)
        self.min_price = check_number("min_price", min_price, above=0)
        self.max_price = check_number("max_price", max_price, above=self.min_price)

    @property
    def default_params(self) -> Params:
        """The routing problem as others see it, with its budget."""
        return self._unpriced.default_params

    @property
    def name(self) -> str:
        return "PricedLLMRouter-v0"

    @property
    def num_actions(self) -> int:
        return self._unpriced.num_actions

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the actions."""
        return self._unpriced.model_names

    def action_space(self, params: Params | None = None) -> spaces.Discrete:
        return self._unpriced.action_space(params)

    def observation_space(self, params: Params | None = None) -> spaces.Box:
        size = self.num_actions + 5
        low, high = np.zeros(size, np.float32), np.ones(size, np.float32)
        low[-1], high[-1] = np.log(self.min_price), np.log(self.max_price)
        return spaces.Box(low, high, (size,), jnp.float32)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: PricedState, action: jax.Array | int, params: Params | None = None
    ) -> tuple[jax.Array, PricedState, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """One step; then a fresh episode where this one ends, and perhaps another price."""
        params = self.default_params if params is None else params
        observation, moved, earned, terminated, truncated, info = self._unpriced.step(
            key, state.router, action, without_budget(params)
        )
        chance, position = jax.random.uniform(_key_of_prices(key), (2,), jnp.float32)
        truncated |= chance < 1 / MEAN_STRETCH
        log_price = jnp.where(truncated, self._log_price(position), state.log_price)
        reward = priced_reward(earned, info["cost"], jnp.exp(state.log_price))
        info |= {
            "truncated": truncated,
            "final_observation": priced_observation(info["final_observation"], state.log_price),
        }
        observation = priced_observation(observation, log_price)
        return observation, PricedState(moved, log_price), reward, terminated, truncated, info

    def step_env(
        self, key: jax.Array, state: PricedState, action: jax.Array | int, params: Params
    ) -> tuple[jax.Array, PricedState, jax.Array, jax.Array, dict[str, jax.Array]]:
        """One step at the price of the state, without reset."""
        observation, moved, earned, terminated, info = self._unpriced.step_env(
            key, state.router, action, without_budget(params)
        )
        reward = priced_reward(earned, info["cost"], jnp.exp(state.log_price))
        state = PricedState(moved, state.log_price)
        return priced_observation(observation, state.log_price), state, reward, terminated, info

    def reset_env(self, key: jax.Array, params: Params) -> tuple[jax.Array, PricedState]:
        observation, fresh = router.reset(key, without_budget(params))
        log_price = self._log_price(jax.random.uniform(_key_of_prices(key), (), jnp.float32))
        return priced_observation(observation, log_price), PricedState(fresh, log_price)

    def observe(self, key: jax.Array, state: PricedState, action: jax.Array | None, params: Params) -> jax.Array:
        return priced_observation(router.observe(state.router, without_budget(params)), state.log_price)

    def is_truncated(self, state: PricedState, params: Params) -> jax.Array:
        return router.endings(state.router, params)[1]

    def is_terminated(self, state: PricedState, params: Params) -> jax.Array:
        return jnp.zeros_like(state.log_price, bool)

    def _log_price(self, position: jax.Array) -> jax.Array:
        """() float32 in 0 .. 1 to the logarithm of a price in the range."""
        lowest, highest = np.float32(np.log(self.min_price)), np.float32(np.log(self.max_price))
        return lowest + (highest - lowest) * position


def _key_of_prices(key: jax.Array) -> jax.Array:
    """`key` itself is that of the simulator's noise."""
    return fold_in(key, 1)
