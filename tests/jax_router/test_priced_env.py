"""The environment with a price: what it shows and earns, and that a change of price is a cut with a bootstrap."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import step
from jax_router.gymnax_env import LLMRouter
from jax_router.priced_env import PROMPTS_PER_PRICE, PricedRouter
from jax_router.v0 import observation as layout
from train.algorithm.losses import gae

ENV = PricedRouter(LLMRouter(episode_length=40, budget=0.02), min_price=1, max_price=100)
PARAMS = ENV.default_params


class Steps(NamedTuple):
    """Every field leads with (T, B)."""

    observation: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    final_observation: np.ndarray


@pytest.fixture(scope="module")
def steps() -> Steps:
    """300 steps of 64 environments with random actions."""

    def one_step(carry, key):
        observation, state = carry
        key_action, key_step = jax.random.split(key)
        action = jax.random.randint(key_action, (64,), 0, 5, jnp.int32)
        keys = jax.random.split(key_step, 64)
        later, state, _, terminated, truncated, info = jax.vmap(ENV.step, in_axes=(0, 0, 0, None))(
            keys, state, action, PARAMS
        )
        return (later, state), Steps(observation, terminated, truncated, info["final_observation"])

    @jax.jit
    def run(key):
        start = jax.vmap(ENV.reset, in_axes=(0, None))(jax.random.split(key, 64), PARAMS)
        return jax.lax.scan(one_step, start, jax.random.split(key, 300))[1]

    return jax.device_get(run(jax.random.key(0)))


def test_prices_are_log_uniform_and_last_for_a_stretch(steps) -> None:
    log_price = steps.observation[..., -1]
    change = steps.observation[1:, :, -1] != steps.observation[:-1, :, -1]
    np.testing.assert_array_equal(change, steps.truncated[:-1])
    fresh = np.sort(log_price[1:][change]) / np.log(100)
    assert np.abs(fresh - np.linspace(0, 1, len(fresh))).max() < 0.05
    # An episode of 40 prompts and cuts at 1 in 100 prompts: the mean rate of both together.
    stretch = 1 - 1 / PROMPTS_PER_PRICE
    assert steps.truncated.mean() == pytest.approx((1 / PROMPTS_PER_PRICE) + stretch / 40, rel=0.1)


def test_the_budget_is_held_at_1_and_never_ends_an_episode(steps) -> None:
    assert (steps.observation[..., -2] == 1).all()
    assert (steps.final_observation[..., -2] == 1).all()
    assert not steps.terminated.any()


def test_what_follows_a_change_of_price_is_the_same_episode(steps) -> None:
    """Only the last number of the final observation differs from what comes next, unless the episode ended, too."""
    final, following = steps.final_observation[:-1], steps.observation[1:]
    cut = steps.truncated[:-1]
    goes_on = cut & (final[..., 2:7] == following[..., 2:7]).all(-1)
    assert 0.2 < goes_on.sum() / cut.sum() < 0.4
    np.testing.assert_array_equal(final[goes_on][:, :-1], following[goes_on][:, :-1])
    # Bootstrapping is at the price that was paid.
    np.testing.assert_array_equal(final[..., -1], steps.observation[:-1, :, -1])
    assert (following[goes_on][:, -1] != final[goes_on][:, -1]).all()


def test_the_reward_is_the_simulators_less_the_price_of_the_cost(key) -> None:
    _, state = ENV.reset(key, PARAMS)
    _, moved, _, _, _, outcome = step(state.router, 2, key, PARAMS)
    earned = step(state.router, 2, key, PARAMS)[2]
    for price in (1.0, 100.0):
        priced = replace(state, log_price=jnp.log(jnp.float32(price)))
        observation, later, reward, terminated, truncated, info = ENV.step(key, priced, 2, PARAMS)
        assert reward == pytest.approx((float(earned) - price * 0.015) / (0.3 + 0.02 * price), rel=1e-4)
        assert info["cost"] == outcome.cost
        assert not terminated
        np.testing.assert_array_equal(later.router.queue_depths, moved.queue_depths)
        hook = ENV.step_env(key, priced, 2, PARAMS)
        np.testing.assert_allclose(hook[2], reward, rtol=1e-6)
        if not truncated:
            np.testing.assert_allclose(hook[0], observation, rtol=1e-6)


def test_a_cut_bootstraps_and_carries_nothing_over() -> None:
    """Rewards of 1, a value of 10 everywhere, a cut after the second step."""
    column = np.ones((3, 1), np.float32)
    cut = np.array([[False], [True], [False]])
    advantages = gae(column, 10 * column, 10 * column, np.zeros((3, 1), bool), cut, 0.9, 1.0)
    # Every delta is 1 + 0.9 * 10 - 10 = 0 only with the bootstrap; without it, the second would be -9.
    np.testing.assert_allclose(advantages, np.zeros((3, 1)), atol=1e-6)


def test_observations_are_in_their_space(steps) -> None:
    space = ENV.observation_space(PARAMS)
    assert space.shape == (10,)
    assert bool(space.contains(steps.observation))
    np.testing.assert_array_equal(steps.observation[..., layout.budget(5)], 1.0)
    np.testing.assert_array_equal(steps.final_observation[..., layout.budget(5)], 1.0)
    assert ENV.action_space(PARAMS).n == ENV.num_actions == len(ENV.model_names) == 5


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="max_price is 1; it must be a finite number above 2"):
        PricedRouter(LLMRouter(), min_price=2, max_price=1)
    with pytest.raises(ValueError, match="min_price is 0"):
        PricedRouter(LLMRouter(), min_price=0)
