"""A program without constants is that of the function, and the same for all arrays that it closes over."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import make_params
from jax_router.internal.constants import call_compiled, without_constants
from jax_router.rollout import compare


def scaled(weights):
    def function(x):
        def one_step(total, row):
            return total + row @ weights["kernel"], total.sum()

        return jax.lax.scan(one_step, jnp.zeros(3), x["rows"])

    return function


ONE, OTHER = ({"kernel": jnp.full((2, 3), number)} for number in (2.0, 5.0))
X = {"rows": jnp.arange(8.0).reshape(4, 2)}


def test_it_returns_what_the_function_does():
    expected = jax.jit(scaled(ONE))(X)
    jax.tree.map(np.testing.assert_array_equal, call_compiled(scaled(ONE), X), expected)


def test_what_is_closed_over_is_an_argument():
    programs = [without_constants(scaled(weights), X) for weights in (ONE, OTHER)]
    texts = [program.lower(constants, X).as_text() for program, constants in programs]
    assert texts[0] == texts[1]
    assert jax.jit(scaled(ONE)).lower(X).as_text() != jax.jit(scaled(OTHER)).lower(X).as_text()


def test_within_a_function_that_is_traced_itself(key):
    def both(number):
        return call_compiled(lambda x: x * number, jnp.arange(3.0))

    np.testing.assert_array_equal(jax.jit(both)(jnp.float32(2)), [0, 2, 4])
    np.testing.assert_array_equal(jax.vmap(both)(jnp.array([1.0, 3.0])), [[0, 1, 2], [0, 3, 6]])
    policies = {"the first model": lambda key, observation, state: jnp.zeros(len(observation), jnp.int32)}
    episodes = jax.jit(lambda key: compare(key, policies, 2, make_params(episode_length=3)))(key)
    assert np.isfinite(episodes["the first model"].reward).all()
