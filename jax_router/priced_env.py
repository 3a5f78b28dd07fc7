"""Any simulator as an environment to learn routing at every price of money, behind gymnax 1.0's interface."""

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from jax_router.environment import FleetEnvironment, RouterEnvironment
from jax_router.internal.checks import check_number
from jax_router.internal.threefry import fold_in
from jax_router.pricing import MAX_PRICE, MIN_PRICE, priced_reward
from jax_router.simulator import AnyParams, observation_size, without_budget

if TYPE_CHECKING:
    from gymnax.environments import spaces

PROMPTS_PER_PRICE = 100
"""The mean number of prompts until the price changes."""


@struct.dataclass
class PricedState:
    """One episode, and the price that holds at the moment."""

    router: Any  # the simulator's `State`
    log_price: jax.Array  # () float32, of reward per USD

    @property
    def time(self) -> jax.Array:
        """gymnax's name for the prompts routed in this episode, () int32."""
        return self.router.step_count


class PricedRouter(FleetEnvironment):
    """Routing prompts across a fleet of N language models at a price of money that changes.

    - observation: (D + 1,) float32, the D numbers of the router with the share of the budget at 1, and the natural
      logarithm of the price.
    - action: () int32 in 0 .. N - 1, the index of a model.
    - reward: () float32, see `jax_router.pricing.priced_reward`.
    - terminated: always False, since there is no budget; truncated: True at the time limit and where the price changes.
      The episode goes on after a change of price, at the new price; a learner has to bootstrap from the final
      observation, which shows the old one.
    - info: the info of the router.

    Prices are drawn between `min_price` and `max_price`, uniformly on a logarithmic scale. Each lasts for
    `PROMPTS_PER_PRICE` prompts on average, and until the end of the episode at most.
    """

    def __init__(self, router: RouterEnvironment, min_price: float = MIN_PRICE, max_price: float = MAX_PRICE) -> None:
        """Take the router to put a price on, and the range of prices, reward per USD.

        Raises `ValueError` where these prices are no range.
        """
        self._unpriced = router
        self.min_price = check_number("min_price", min_price, above=0)
        self.max_price = check_number("max_price", max_price, above=self.min_price)

    @property
    def default_params(self) -> Any:
        """The parameters of the router, with its budget."""
        return self._unpriced.default_params

    @property
    def name(self) -> str:
        return f"Priced{self._unpriced.name}"

    @property
    def num_actions(self) -> int:
        return self._unpriced.num_actions

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the actions."""
        return self._unpriced.model_names

    @property
    def obs_shape(self) -> tuple[int]:
        return (observation_size(self.default_params) + 1,)

    def observation_space(self, params: AnyParams | None = None) -> "spaces.Box":
        """The numbers of an observation, as gymnax's space; this imports gymnax."""
        from gymnax.environments import spaces

        low, high = np.zeros(self.obs_shape, np.float32), np.ones(self.obs_shape, np.float32)
        low[-1], high[-1] = np.log(self.min_price), np.log(self.max_price)
        return spaces.Box(low, high, self.obs_shape, jnp.float32)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: jax.Array, state: PricedState, action: jax.Array | int, params: AnyParams | None = None
    ) -> tuple[jax.Array, PricedState, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step; then begin a new episode where this one ends, and perhaps draw another price."""
        params = self.default_params if params is None else params
        observation, moved, earned, terminated, truncated, info = self._unpriced.step(
            key, state.router, action, without_budget(params)
        )
        chance, position = jax.random.uniform(_key_of_prices(key), (2,), jnp.float32)
        truncated |= chance < 1 / PROMPTS_PER_PRICE
        log_price = jnp.where(truncated, self._log_price(position), state.log_price)
        reward = priced_reward(earned, info["cost"], jnp.exp(state.log_price))
        info |= {
            "truncated": truncated,
            "final_observation": _with_price(info["final_observation"], state.log_price),
        }
        observation = _with_price(observation, log_price)
        return observation, PricedState(moved, log_price), reward, terminated, truncated, info

    def step_env(
        self, key: jax.Array, state: PricedState, action: jax.Array | int, params: AnyParams
    ) -> tuple[jax.Array, PricedState, jax.Array, jax.Array, dict[str, jax.Array]]:
        """Make a step at the price in the state, without a reset."""
        observation, moved, earned, terminated, info = self._unpriced.step_env(
            key, state.router, action, without_budget(params)
        )
        reward = priced_reward(earned, info["cost"], jnp.exp(state.log_price))
        state = PricedState(moved, state.log_price)
        return _with_price(observation, state.log_price), state, reward, terminated, info

    def reset_env(self, key: jax.Array, params: AnyParams) -> tuple[jax.Array, PricedState]:
        observation, fresh = self._unpriced.reset_env(key, without_budget(params))
        log_price = self._log_price(jax.random.uniform(_key_of_prices(key), (), jnp.float32))
        return _with_price(observation, log_price), PricedState(fresh, log_price)

    def observe(self, key: jax.Array, state: PricedState, action: jax.Array | None, params: AnyParams) -> jax.Array:
        observation = self._unpriced.observe(key, state.router, action, without_budget(params))
        return _with_price(observation, state.log_price)

    def is_truncated(self, state: PricedState, params: AnyParams) -> jax.Array:
        return self._unpriced.is_truncated(state.router, params)

    def is_terminated(self, state: PricedState, params: AnyParams) -> jax.Array:
        return jnp.zeros_like(state.log_price, bool)

    def _log_price(self, position: jax.Array) -> jax.Array:
        """Map a position in the range of prices, () float32 in 0 .. 1, to the logarithm of the price there."""
        lowest, highest = np.float32(np.log(self.min_price)), np.float32(np.log(self.max_price))
        return lowest + (highest - lowest) * position


def _with_price(observation: jax.Array, log_price: jax.Array) -> jax.Array:
    """Append the log of the price to the observation (D,) of a router without a budget: (D + 1,), both float32."""
    return jnp.concatenate([observation, log_price[None]])


def _key_of_prices(key: jax.Array) -> jax.Array:
    """Derive a key for the prices; `key` itself draws the simulator's noise."""
    return fold_in(key, 1)
