"""Brax's wrappers around the gymnax face."""

import jax
import numpy as np
import pytest
from brax.envs.wrappers.training import EpisodeWrapper, VmapWrapper

from jax_router.brax_env import BraxRouter
from jax_router.gymnax_env import LLMRouter, LLMRouterV1

CLIENT = {
    "name": "Brax",
    "tried": "brax 0.14.2",
    "takes": "`BraxRouter(LLMRouter())` of `jax_router.brax_env`",
    "does": "`EpisodeWrapper` and `VmapWrapper`; actions are integers, which Brax's own PPO and SAC do not have",
}


@pytest.fixture(autouse=True)
def _as_brax_promotes():
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.parametrize("face", [LLMRouter, LLMRouterV1])
def test_episodes_with_a_repeated_action(face):
    router = face()
    env = VmapWrapper(EpisodeWrapper(BraxRouter(router), episode_length=6, action_repeat=2))
    state = jax.jit(env.reset)(jax.random.split(jax.random.key(0), 3))
    before = jax.tree.structure(state)
    step = jax.jit(env.step)
    for _ in range(3):
        state = step(state, jax.numpy.array([0, 1, 2]))
    assert jax.tree.structure(state) == before
    assert np.isfinite(state.reward).all()
    np.testing.assert_array_equal(state.done, 1.0)
    assert env.observation_size == router.obs_shape[0]
    assert env.action_size == router.num_actions
