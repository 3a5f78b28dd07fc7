"""Nothing depends on x64, and nothing is promoted by accident."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jax_router
from jax_router.gymnax_env import LLMRouter
from jax_router.strategies import random, round_robin
from jax_router.v0 import strategies

PARAMS = jax_router.make_params("tight_budget", episode_length=20, budget=0.2)
NAMES = [model.name for model in jax_router.DEFAULT_MODELS]


def run_step(key):
    _, state = jax_router.reset(key, PARAMS)
    return jax_router.step(state, 1, key, PARAMS)


def run_gymnax_step(key):
    env = LLMRouter()
    _, state = env.reset(key, PARAMS)
    return env.step(key, state, 1, PARAMS)


def run_steps(key):
    return jax_router.run_steps(key, round_robin(PARAMS), 3, 25, PARAMS)


def run_episodes(key):
    return jax_router.run_episodes(key, random(PARAMS), 3, PARAMS)


def run_every_static_policy(key):
    every = strategies.static_strategies(PARAMS, NAMES)
    return {name: jax_router.run_episodes(key, policy, 3, PARAMS) for name, policy in every.items()}


@pytest.mark.parametrize("run", [run_step, run_gymnax_step, run_steps, run_episodes])
def test_x64_changes_nothing(run):
    with jax.enable_x64(False):
        narrow = jax.jit(run)(jax.random.key(0))
    with jax.enable_x64(True):
        wide = jax.jit(run)(jax.random.key(0))
    chex.assert_trees_all_equal_dtypes(narrow, wide)
    assert {leaf.dtype for leaf in jax.tree.leaves(wide)} <= {np.dtype(t) for t in (np.float32, np.int32, bool)}
    chex.assert_trees_all_equal(narrow, wide)


def test_no_static_policy_promotes(key):
    """Tracing is where JAX would complain."""
    jax.eval_shape(run_every_static_policy, key)


def test_nothing_is_promoted_without_jit(key):
    with jax.disable_jit():
        run_step(key)


def test_every_test_is_strict():
    """What `conftest.py` asks of JAX."""
    with pytest.raises(jax.dtypes.TypePromotionError):
        jnp.int32(1) + jnp.float32(1)
    with pytest.raises(ValueError, match="rank_promotion"):
        jnp.zeros((2, 3)) + jnp.zeros(3)
