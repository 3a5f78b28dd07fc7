"""`reset` and `step`: what holds for every fleet, traffic and action, and on every path through JAX."""

import dataclasses

import chex
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import jax
import numpy as np
import pytest
from hypothesis import given, settings

import jax_router
from jax_router import ModelConfig, RewardConfig

NUM_STEPS = 30


def numbers(low, high):
    return st.floats(low, high, width=32, allow_subnormal=False)  # which XLA takes for 0, and our checks refuse


MODELS = st.builds(
    ModelConfig,
    name=st.just("model"),
    cost_per_call=numbers(0, 1),
    latency_mean=numbers(0, 1000),
    latency_std=numbers(0, 1000),
    quality_score=numbers(0, 1),
)
REWARDS = st.builds(
    RewardConfig,
    cost_weight=numbers(0, 1000),
    quality_weight=numbers(0, 1000),
    latency_penalty=numbers(0, 1000),
    sla_threshold=numbers(0, 1000),
    quality_miss_penalty=numbers(0, 1000),
)


@st.composite
def problems(draw):
    """Params far beyond the scenarios; few fleet sizes, because each is compiled."""
    models = draw(st.sampled_from([1, 5]).flatmap(lambda n: st.lists(MODELS, min_size=n, max_size=n)))
    drain_low = draw(numbers(0, 1))
    return jax_router.make_params(
        draw(st.sampled_from(jax_router.SCENARIOS)),
        [dataclasses.replace(model, name=f"{i}") for i, model in enumerate(models)],
        draw(REWARDS),
        episode_length=draw(st.integers(1, 2 * NUM_STEPS)),
        budget=draw(numbers(2**-10, 100)),
        max_queue_depth=draw(numbers(1, 1000)),
        arrival_mean=draw(numbers(0, 1000)),
        drain_low=drain_low,
        drain_high=draw(numbers(drain_low, 1)),
        slowdown=draw(numbers(0, 1000)),
        length_weight=draw(numbers(0, 1)),
        load_amplitude=draw(numbers(0, 1)),
        steps_per_day=draw(numbers(1, 10_000)),
        gap_floor=draw(numbers(-100, 100)),
        gap_slope=draw(numbers(0, 100)),
    )


@jax.jit
def play(key, actions, params):
    """The first (observation, state), and what every step returned, stacked."""
    key_reset, key_steps = jax.random.split(key)
    first = jax_router.reset(key_reset, params)

    def one_step(state, now):
        returned = jax_router.step(state, now[0], now[1], params)
        return returned[1], returned

    _, steps = jax.lax.scan(one_step, first[1], (actions, jax.random.split(key_steps, len(actions))))
    return first, steps


ACTIONS = st.one_of(
    hnp.arrays(np.int32, NUM_STEPS, elements=st.integers(-2, 7)),
    hnp.arrays(np.int32, NUM_STEPS),
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(problems(), ACTIONS, st.integers(0, 2**31 - 1))
def test_invariants(params, actions, seed):
    first, steps = jax.device_get(play(jax.random.key(seed), actions, params))
    observations, states, rewards, terminated, truncated, outcomes = steps
    chex.assert_tree_all_finite((first, steps))

    for observation in (first[0], *observations):
        assert observation.shape == (params.num_models + 4,)
        assert observation.dtype == np.float32
        assert observation.min() >= 0
        assert observation.max() <= 1

    budgets = np.array([first[1].budget_remaining, *states.budget_remaining])
    assert budgets[0] == params.budget
    assert (np.diff(budgets) <= 0).all()
    assert budgets[-1] >= 0
    assert (states.queue_depths >= 0).all()
    assert (states.queue_depths <= params.congestion.max_queue_depth).all()
    assert ((states.time_of_day >= 0) & (states.time_of_day < 1)).all()
    np.testing.assert_array_equal(states.step_count, np.arange(1, NUM_STEPS + 1))

    chosen = np.clip(actions, 0, params.num_models - 1)
    np.testing.assert_array_equal(outcomes.cost, params.fleet.cost_per_call[chosen])
    np.testing.assert_array_equal(outcomes.sla_violated, outcomes.latency > params.reward.sla_threshold)
    weights = params.reward
    parts = (
        -weights.cost_weight * outcomes.cost,
        weights.quality_weight * outcomes.quality,
        -weights.latency_penalty * np.maximum(0, outcomes.latency - weights.sla_threshold),
        -weights.quality_miss_penalty * np.maximum(0, outcomes.quality_required - outcomes.quality),
    )
    np.testing.assert_allclose(rewards, sum(parts), rtol=1e-5, atol=1e-6 * (1 + np.abs(parts).max()))

    np.testing.assert_array_equal(terminated, states.budget_remaining <= 0)
    np.testing.assert_array_equal(truncated, states.step_count >= params.episode_length)


ROUND = np.arange(NUM_STEPS, dtype=np.int32) % 5


def test_the_same_key_is_the_same_episode(key):
    params = jax_router.make_params()
    chex.assert_trees_all_equal(play(key, ROUND, params), play(key, ROUND, params))
    other = play(jax.random.key(1), ROUND, params)
    assert not np.isclose(play(key, ROUND, params)[1][2], other[1][2]).any()


def test_without_jit_it_is_the_same_episode(key):
    params = jax_router.make_params("rush_hour")
    with jax.disable_jit():
        slow = play(key, ROUND[:3], params)
    chex.assert_trees_all_close(slow, play(key, ROUND[:3], params), rtol=1e-6, atol=1e-6)


def test_vmap_is_a_loop():
    params = jax_router.make_params()
    keys = jax.random.split(jax.random.key(0), 4)
    actions = np.stack([np.roll(ROUND, i) for i in range(4)])
    batch = jax.vmap(play, in_axes=(0, 0, None))(keys, actions, params)
    rows = [play(key, row, params) for key, row in zip(keys, actions, strict=True)]
    chex.assert_trees_all_close(batch, jax.tree.map(lambda *row: np.stack(row), *rows), rtol=1e-5, atol=1e-5)


def test_one_trace_serves_every_scenario_and_every_step(key):
    """A state from `reset` and one from `step` must not differ in dtype or weak type."""
    reset = jax.jit(chex.assert_max_traces(jax_router.reset, n=1))
    step = jax.jit(chex.assert_max_traces(jax_router.step, n=1))
    for scenario in jax_router.SCENARIOS:
        params = jax_router.make_params(scenario)
        _, state = reset(key, params)
        for action in range(2):
            _, state, *_ = step(state, action, key, params)


def test_params_are_the_default_scenario_unless_given(key):
    observation, state = jax_router.reset(key)
    params = jax_router.make_params("default")
    chex.assert_trees_all_equal((observation, state), jax_router.reset(key, params))
    chex.assert_trees_all_equal(jax_router.step(state, 1, key), jax_router.step(state, 1, key, params))


@pytest.mark.parametrize(("action", "nearest"), [(-1, 0), (-(2**31), 0), (5, 4), (2**31 - 1, 4)])
def test_an_action_out_of_range_is_the_nearest_model(key, action, nearest):
    _, state = jax_router.reset(key)
    step = jax.jit(jax_router.step)
    out, inside = (step(state, np.int32(a), key) for a in (action, nearest))
    chex.assert_trees_all_equal(out, inside)
    assert out[5].cost == np.float32(jax_router.DEFAULT_MODELS[nearest].cost_per_call)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint32])
def test_an_action_of_a_narrow_type_is_the_model_it_names(key, dtype):
    """Also where the type cannot hold the number of models."""
    models = [ModelConfig(f"{i}", i, 1, 0, 0.5) for i in range(300)]
    params = jax_router.make_params(models=models)
    _, state = jax_router.reset(key, params)
    top = np.iinfo(dtype).max
    assert jax_router.step(state, dtype(100), key, params)[5].cost == 100
    assert jax_router.step(state, dtype(top), key, params)[5].cost == min(top, 299)
