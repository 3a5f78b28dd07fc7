"""The endings as a matrix: the budget, the time limit, both and neither, on each face and each path."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jax_router
from jax_router.gymnax_env import LLMRouter

ENV = LLMRouter(episode_length=10, budget=2.0)
PARAMS = ENV.default_params
ACTION = 0
"""The dearest model: 0.03 USD a call."""
CASES = {  # budget left in USD, prompts routed, terminated, truncated
    "neither": (1.0, 8, False, False),
    "terminated": (0.02, 8, True, False),
    "terminated by the last cent": (np.float32(0.03), 8, True, False),
    "truncated": (1.0, 9, False, True),
    "both": (0.02, 9, True, True),
}


def step(state, key):
    return jax_router.step(state, ACTION, key, PARAMS)


def step_gymnax(state, key):
    return ENV.step(key, state, ACTION, PARAMS)


def all_at_once(function):
    """`function` of all cases under vmap, and the results row by row."""

    def rows(states, keys):
        stacked = jax.jit(jax.vmap(function))(jax.tree.map(lambda *leaves: jnp.stack(leaves), *states), keys)
        return [jax.tree.map(lambda x, i=i: x[i], stacked) for i in range(len(states))]

    return rows


def one_by_one(function):
    compiled = jax.jit(function)
    return lambda states, keys: [compiled(*pair) for pair in zip(states, keys, strict=True)]


@pytest.fixture(scope="module")
def situations():
    """One state and one key for each case."""
    keys = jax.random.split(jax.random.key(0), len(CASES))
    states = [
        jax_router.reset(key, PARAMS)[1].replace(budget_remaining=jnp.float32(budget), step_count=jnp.int32(steps))
        for key, (budget, steps, *_) in zip(keys, CASES.values(), strict=True)
    ]
    return states, keys


PATHS = pytest.mark.parametrize("path", [one_by_one, all_at_once], ids=["jit", "vmap"])


@PATHS
def test_step_ends_without_resetting(situations, path):
    for case, (_, state, _, terminated, truncated, _) in zip(CASES.values(), path(step)(*situations), strict=True):
        budget, steps, *expected = case
        assert [bool(terminated), bool(truncated)] == expected
        assert terminated.dtype == truncated.dtype == bool
        assert state.step_count == steps + 1
        assert state.budget_remaining == pytest.approx(max(0, budget - 0.03))


@PATHS
def test_gymnax_step_ends_and_begins_again(situations, path):
    plain = one_by_one(step)(*situations)
    for case, without_reset, returned in zip(CASES.values(), plain, path(step_gymnax)(*situations), strict=True):
        *_, is_terminated, is_truncated = case
        observation, state, reward, terminated, truncated, info = returned
        final_observation, stepped, plain_reward, *_ = without_reset
        assert [bool(terminated), bool(truncated)] == [is_terminated, is_truncated]
        assert [bool(info["terminated"]), bool(info["truncated"])] == [is_terminated, is_truncated]
        assert info["discount"] == 1 - is_terminated  # a time limit is no reason to stop bootstrapping
        np.testing.assert_allclose(reward, plain_reward, rtol=1e-5)
        np.testing.assert_allclose(info["final_observation"], final_observation, rtol=1e-5)
        if is_terminated or is_truncated:
            assert state.step_count == 0
            assert state.budget_remaining == PARAMS.budget
            assert (state.queue_depths <= 0.2).all()
            assert observation[-1] == 1
            assert not np.allclose(observation, final_observation)
        else:
            chex.assert_trees_all_close(state, stepped, rtol=1e-5)
            np.testing.assert_array_equal(observation, info["final_observation"])
