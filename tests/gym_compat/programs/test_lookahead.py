"""A step that is looked up in a table is the step made by itself, whatever happens in the middle of a table."""

import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gym_compat import DEFAULT_MODELS, LLMRouterEnv, LLMRouterV1Env
from gym_compat.programs import single
from gym_compat.programs.cache import _from_content
from gym_compat.programs.lookahead import FIRST, MAX_NUMBERS, child, depth_for, look_ahead, num_rows

CLOSE = {"rtol": 2e-5, "atol": 2e-5}


def walked(depth, actions, num_actions=3):
    """The results that the table holds for these actions, of steps that write the actions into a decimal number."""
    noise = jnp.arange(10.0, 10.0 + depth)[:, None]

    def step(results, noise, action):
        return jnp.stack([10 * results[0] + action.astype(jnp.float32), results[1] + noise[0]])

    table = look_ahead(step, jnp.zeros(2), noise, jnp.int32(actions[0]), num_actions)
    assert table.shape == (num_rows(depth, num_actions), 2)
    row, seen = FIRST, [table[FIRST]]
    for action in actions[1:]:
        row = child(row, action, num_actions)
        seen.append(table[row])
    return np.array(seen)


@pytest.mark.parametrize("actions", [(0,), (2,), (1, 2), (2, 1, 0), (1, 0, 2, 2)])
def test_every_row_is_where_its_actions_lead(actions):
    seen = walked(len(actions), actions)
    assert int(seen[-1, 0]) == int("".join(map(str, actions)))
    np.testing.assert_array_equal(seen[:, 1], np.cumsum(np.arange(10.0, 10.0 + len(actions))))


def test_tables_are_as_long_as_their_size_allows():
    assert depth_for(5, 29) == 3
    assert depth_for(100, 300) == 1
    for num_actions, width in [(1, 20), (2, 20), (5, 127), (12, 50)]:
        depth = depth_for(num_actions, width)
        assert num_rows(depth, num_actions) * width <= MAX_NUMBERS
    assert (num_rows(3, 5), num_rows(1, 5)) == (31, 1)


def played(env_class, depth, monkeypatch, steps=60, **settings):
    """Everything that an environment says in so many steps with resets, and its state after each of them."""
    if depth is not None:
        monkeypatch.setattr(single, "depth_for", lambda *_: depth)
    _from_content.cache_clear()
    env = env_class(**settings)
    env.reset(seed=3)
    assert depth in (None, env._programs.depth)
    said = []
    for t, action in enumerate(np.random.default_rng(0).integers(0, 5, steps)):
        observation, reward, terminated, truncated, info = env.step(action)
        state = [np.ravel(leaf) for leaf in jax.tree.leaves(env.state)]
        numbers = [np.ravel(value) for value in info.values()]
        said.append(np.concatenate([observation, [reward, terminated, truncated], *numbers, *state]))
        if terminated or truncated or t % 10 == 6:
            env.reset()
    monkeypatch.undo()
    _from_content.cache_clear()
    return np.array(said)


@pytest.mark.parametrize("env_class", [LLMRouterEnv, LLMRouterV1Env])
def test_looking_ahead_changes_no_number(env_class, monkeypatch):
    settings = {"episode_length": 8, "budget": 0.1}
    one_by_one = played(env_class, 1, monkeypatch, **settings)
    np.testing.assert_allclose(played(env_class, 3, monkeypatch, **settings), one_by_one, **CLOSE)
    np.testing.assert_allclose(played(env_class, 2, monkeypatch, **settings), one_by_one, **CLOSE)


def test_the_state_after_every_step_counts_the_steps_and_shows_the_budget():
    env = LLMRouterEnv()
    env.reset(seed=0)
    assert env.state.step_count == 0
    for t in range(1, 12):
        *_, info = env.step(t % 5)
        state = env.state
        assert state.step_count == t
        assert state.budget_remaining == info["budget_remaining"]
        state.queue_depths[:] = 1e6  # a copy: the next step does not see it
    assert (env.state.queue_depths < 50).all()


def test_a_copy_in_the_middle_of_a_table_takes_another_way():
    env = LLMRouterEnv()
    env.reset(seed=0)
    env.step(0)
    twin = copy.deepcopy(env)
    mine, other = env.step(1), twin.step(3)
    assert mine[-1]["cost"] == np.float32(DEFAULT_MODELS[1].cost_per_call)
    assert other[-1]["cost"] == np.float32(DEFAULT_MODELS[3].cost_per_call)
    np.testing.assert_array_equal(mine[0][:2], other[0][:2])  # the same next prompt


def test_episodes_that_end_in_a_table_leave_nothing_to_the_next():
    env, other = LLMRouterEnv(episode_length=4), LLMRouterEnv(episode_length=4)
    env.reset(seed=5), other.reset(seed=5)
    for action in (0, 1, 2, 3):
        env.step(action)
    for action in (4, 4, 4, 4):
        other.step(action)
    np.testing.assert_array_equal(env.reset()[0], other.reset()[0])
    np.testing.assert_array_equal(env.step(2)[0], other.step(2)[0])
