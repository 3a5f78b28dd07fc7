"""Policies with a memory, and without one."""

import jax.numpy as jnp
import numpy as np

from jax_router import make_params
from jax_router.policy import with_memory
from jax_router.rollout import compare, run_steps
from jax_router.strategies import constant


def test_memory_is_carried_and_begins_anew_with_every_episode(key) -> None:
    class Counter:
        """Routes prompt t to model t, whatever it sees."""

        def initial(self, state):
            return jnp.zeros_like(state.step_count)

        def act(self, memory, key, observation, state):
            return memory + 1, memory

    params = make_params(episode_length=3)
    _, transitions = run_steps(key, Counter(), 2, 7, params)
    np.testing.assert_array_equal(transitions.action[:, 0], [0, 1, 2, 0, 1, 2, 0])
    together = compare(key, {"counter": Counter(), "first": constant(0)}, 4, params)
    np.testing.assert_allclose(together["counter"].model_share[0], [1 / 3, 1 / 3, 1 / 3, 0, 0], rtol=1e-6)
    np.testing.assert_array_equal(together["first"].model_share[0], [1, 0, 0, 0, 0])
    assert with_memory(constant(2)).initial(None) == ()
