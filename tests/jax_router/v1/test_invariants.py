"""What holds whatever the traffic and the fleet, and that all ways to run a step give the same numbers."""

from dataclasses import replace

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_router.rollout import run_steps
from jax_router.simulator import reset_batch, step_from_noise
from jax_router.strategies import random, round_robin
from jax_router.v1 import SCENARIOS, ModelConfig, Traffic, lognormal, make_params, observation
from jax_router.v1.endpoint import Work, joined, worked

PARAMS = make_params(episode_length=50)
logarithmic = st.floats(-3, 3).map(lambda power: 10.0**power)


@jax.jit
def thirty_steps(params, key):
    """States before and after, and outcomes of 30 steps of 8 environments under random choice."""
    return run_steps(key, random(params), 8, 30, params)


@settings(max_examples=40, deadline=None)
@given(
    rate=logarithmic,
    mean_input=st.floats(0, 6).map(lambda power: 10.0**power),
    mean_output=st.floats(0, 6).map(lambda power: 10.0**power),
    cv=st.floats(0.001, 5),
    slots=st.floats(0, 3).map(lambda power: 10.0**power),
    tpm=st.floats(1, 7).map(lambda power: 10.0**power),
    seed=st.integers(0, 1000),
)
def test_nothing_breaks_at_any_rate_or_length(rate, mean_input, mean_output, cv, slots, tpm, seed):
    models = [
        ModelConfig("limited", 1, 2, 0.9, 0.01, 20_000, tpm=tpm, rpm=100, mtbf=100, jitter=0.5, overhead=0.3),
        ModelConfig("own", 0, 0, 0.5, 0.02, 5_000, step_time_per_sequence=1e-4, slots=slots, cached_price=0.5),
    ]
    traffic = Traffic.synthetic(lognormal(mean_input, mean_output, cv, cv, 0.5))
    params = make_params(models=models, traffic=traffic, rate=rate, follow_up=0.5, pause_prob=0.1, pause_mean=5)
    state, steps = thirty_steps(params, jax.random.key(seed))
    for leaf in jax.tree.leaves((state, steps)):
        assert np.isfinite(np.asarray(leaf, np.float64)).all()
    assert (np.asarray(steps.observation) >= 0).all()
    assert (np.asarray(steps.observation) <= 1).all()
    for bucket, limit in (
        (state.request_bucket, params.fleet.request_limit),
        (state.token_bucket, params.fleet.token_limit),
    ):
        assert (np.asarray(bucket) >= 0).all()
        assert (np.asarray(bucket) <= np.asarray(limit)).all()
    for inside in (state.work.requests, state.work.tokens, state.work.prefill, state.down):
        assert (np.asarray(inside) >= 0).all()
    assert (np.diff(np.asarray(state.warm), axis=-1) >= -1e-6).all()
    np.testing.assert_allclose(np.asarray(state.warm)[:, -1], 1, atol=1e-5)
    lost = np.asarray(steps.outcome.lost)
    assert (np.asarray(steps.outcome.cost)[lost] == 0).all()
    assert (np.asarray(steps.outcome.served_by)[lost] == 2).all()
    assert (np.asarray(steps.outcome.served_by)[~lost] < 2).all()


@settings(max_examples=60, deadline=None)
@given(requests=st.floats(0, 200), tokens=st.floats(1, 500), prefill=st.floats(0, 20), seconds=st.floats(0, 50))
def test_work_is_only_worked_off_and_in_any_portions(requests, tokens, prefill, seconds):
    """Working is never negative, and working twice for half of the time is about working once."""
    engines = PARAMS.engines
    inside = Work(*(jnp.full(5, value, jnp.float32) for value in (requests, requests * tokens, prefill, 0.1, 200.0)))
    after = worked(inside, jnp.float32(seconds), engines)
    for before, later in zip(jax.tree.leaves(inside), jax.tree.leaves(after), strict=True):
        assert (np.asarray(later) <= np.asarray(before) * (1 + 1e-5) + 1e-5).all()
        assert (np.asarray(later) >= 0).all()
    half = worked(worked(inside, jnp.float32(seconds / 2), engines), jnp.float32(seconds / 2), engines)
    assert (np.asarray(half.tokens) <= np.asarray(inside.tokens) * (1 + 1e-5)).all()


def test_work_that_joins_is_conserved():
    inside = Work(*(jnp.arange(5, dtype=jnp.float32) + i for i in range(5)))
    here = jnp.arange(5) == 2
    after = joined(inside, here, jnp.float32(0.5), jnp.float32(100))
    added = [
        float((later - before).sum()) for before, later in zip(*map(jax.tree.leaves, (inside, after)), strict=True)
    ]
    np.testing.assert_allclose(added[:3], [1, 100, 0.5])
    nobody = joined(inside, jnp.zeros(5, bool), jnp.float32(0.5), jnp.float32(100))
    chex.assert_trees_all_equal(nobody, inside)


@pytest.mark.slow
def test_a_steady_flow_obeys_littles_law():
    """Arrivals times the mean time inside is the mean number inside, at any coefficient of variation."""
    for cv in (0.0, 1.0, 2.0):
        model = ModelConfig("own", 0, 0, 0.5, 0.01, 1e6, slots=1000)
        params = make_params(
            models=[model],
            traffic=Traffic.synthetic(lognormal(10, 200, 0, cv), 0.0),
            rate=5.0,
            burst_std=0.0,
            patience=1e6,
            episode_length=10**6,
        )
        state, _ = run_steps(jax.random.key(0), round_robin(params), 64, 300, params)
        _, steps = run_steps(jax.random.key(1), round_robin(params), 64, 300, params, state)
        last, _ = run_steps(jax.random.key(2), round_robin(params), 64, 1, params, state)
        expected = 5.0 * np.asarray(steps.outcome.latency).mean()
        assert np.asarray(last.work.requests).mean() == pytest.approx(expected, rel=0.08)


def test_jit_and_vmap_change_nothing(key):
    noise = PARAMS.simulator.draw_noise(key, PARAMS, (6,))
    states = reset_batch(key, 6, PARAMS)
    actions = jnp.arange(6, dtype=jnp.int32) % 5
    batch = jax.vmap(step_from_noise, in_axes=(0, 0, 0, None))(states, actions, noise, PARAMS)
    compiled = jax.jit(jax.vmap(step_from_noise, in_axes=(0, 0, 0, None)))(states, actions, noise, PARAMS)
    for i in range(6):
        state, one = jax.tree.map(lambda rows, i=i: rows[i], (states, noise))
        alone = step_from_noise(state, actions[i], one, PARAMS)
        for rows in (batch, compiled):
            chex.assert_trees_all_close(alone, jax.tree.map(lambda r, i=i: r[i], rows), rtol=1e-4, atol=1e-5)


def test_one_trace_serves_all_problems_of_a_shape(key):
    traced = []

    @jax.jit
    def step(state, noise, params):
        traced.append(1)
        return step_from_noise(state, 0, noise, params)

    for scenario in ("default", "bursts", "outages", "sessions", "tight_budget", "roomy"):
        params = make_params(scenario)
        noise = params.simulator.draw_noise(key, params)
        step(params.simulator.initial_state(noise, params), noise, params)
    assert len(traced) == 1


def test_x64_changes_nothing():
    def run(key):
        return run_steps(key, random(PARAMS), 3, 60, PARAMS)

    with jax.enable_x64(False):
        narrow = jax.jit(run)(jax.random.key(0))
    with jax.enable_x64(True):
        wide = jax.jit(run)(jax.random.key(0))
    assert {leaf.dtype for leaf in jax.tree.leaves(wide)} <= {np.dtype(t) for t in (np.float32, np.int32, bool)}
    chex.assert_trees_all_equal(narrow, wide)


def test_endings(key):
    """Budget and time, each alone and both at once."""
    noise = PARAMS.simulator.draw_noise(key, PARAMS)
    first = PARAMS.simulator.initial_state(noise, PARAMS)
    for budget, count, expected in ((1.0, 3, (False, False)), (0.0, 3, (True, False)), (1.0, 50, (False, True))):
        state = replace(first, budget_remaining=jnp.float32(budget), step_count=jnp.int32(count))
        assert tuple(map(bool, PARAMS.simulator.endings(state, PARAMS))) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_every_scenario_runs_for_any_number_of_models(count, key):
    models = [ModelConfig(f"model {i}", 0.1 * i, 0.5, 0.5 + 0.1 * i, 0.01, 10_000) for i in range(count)]
    for scenario in SCENARIOS:
        if scenario != "replay":
            _, steps = thirty_steps(make_params(scenario, models, episode_length=20), key)
            assert steps.observation.shape == (30, 8, observation.size(count))
            assert steps.truncated.any()


def test_outages_come_and_last_as_they_are_told(key):
    """Failures of rate 1 / mtbf that last mttr on average: a model is up with probability exp(-mttr / mtbf)."""
    params = make_params("outages", episode_length=10**6)
    state = jax.jit(lambda key: run_steps(key, random(params), 2048, 2500, params)[0])(key)
    np.testing.assert_allclose((np.asarray(state.down) > 0).mean(0), 1 - np.exp(-0.1), atol=0.02)


def test_what_has_no_limit_begins_full(key):
    state = reset_batch(key, 64, PARAMS)
    shares = np.asarray(state.token_bucket) / PARAMS.fleet.token_limit
    np.testing.assert_array_equal(shares[:, 3:], 1)
    assert 0 < shares[:, :3].min() < 0.2
    assert (shares[:, :3] < 1).all()


def test_the_next_prompt_comes_in_the_dead_of_night(key):
    """A load of amplitude 1 is 0 once a day; a hundredth of the mean is left."""
    params = make_params(load_amplitude=1.0, burst_std=0.0)
    noise = params.simulator.draw_noise(key, params)
    night = replace(params.simulator.initial_state(noise, params), time_of_day=jnp.float32(0.875))
    later, _ = params.simulator.transition(night, 0, noise, params)
    seconds = (float(later.time_of_day) - 0.875) % 1 * 86_400
    assert seconds == pytest.approx(float(noise.gap) / (6 * 0.01), rel=0.01)
