"""Rollouts and episodes against plain Python loops over the same draws."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jax_router
from jax_router import Episodes, ModelConfig, draw_noise
from jax_router.episodes import latency_edges
from jax_router.rollout import compare
from jax_router.simulator import reset_batch, step_with_auto_reset
from jax_router.strategies import constant, random
from jax_router.v0 import strategies
from jax_router.v0.env import endings
from jax_router.v0.reward import reward

PARAMS = jax_router.make_params(episode_length=8, budget=0.1)
"""Short enough that episodes end both ways within a few steps."""


def by_complexity(key, observation, state):
    """Complex prompts to the dearest model, so that budgets run out at different times."""
    return jnp.where(observation[:, 1] > 0.25, 0, 4).astype(jnp.int32)


run_steps = jax.jit(jax_router.run_steps, static_argnums=(1, 2, 3))
run_episodes = jax.jit(jax_router.run_episodes, static_argnums=(1, 2))


def row(tree, i):
    return jax.tree.map(lambda x: x[i], tree)


@pytest.fixture(scope="module")
def luck():
    """What the rollouts below meet: a key, the first states (B, ...) that it gives, and the draws (T, B, ...)."""
    num_envs, num_steps = 6, 20

    @jax.jit
    def luck_of(key):
        key_reset, key_noise, _ = jax.random.split(key, 3)
        draws = jax.vmap(lambda t: draw_noise(jax.random.fold_in(key_noise, t), 5, (num_envs,)))
        return reset_batch(key_reset, num_envs, PARAMS), draws(jnp.arange(num_steps))

    key = jax.random.key(0)
    return key, *jax.device_get(luck_of(key))


def test_run_steps_is_a_loop(luck):
    key, states, draws = luck
    num_steps, num_envs = draws.latency.shape
    last, transitions = jax.device_get(run_steps(key, by_complexity, num_envs, num_steps, PARAMS))

    @jax.jit
    def step(state, noise):
        action = by_complexity(key, jax_router.observe(state, PARAMS)[None], None)[0]
        return step_with_auto_reset(state, action, noise, PARAMS)

    for b in range(num_envs):
        state = row(states, b)
        for t in range(num_steps):
            state, expected = jax.device_get(step(state, row(row(draws, t), b)))
            chex.assert_trees_all_close(row(row(transitions, t), b), expected, rtol=1e-5, atol=1e-6)
        chex.assert_trees_all_close(row(last, b), state, rtol=1e-5, atol=1e-6)
    assert transitions.terminated.any()
    assert transitions.truncated.any()


def test_run_steps_goes_on_from_a_state(key):
    halfway, _ = run_steps(key, constant(4), 2, 5, PARAMS)
    last, transitions = run_steps(key, constant(4), 2, 3, PARAMS, halfway)
    np.testing.assert_array_equal(halfway.step_count, [5, 5])
    np.testing.assert_array_equal(transitions.truncated, [[False] * 2, [False] * 2, [True] * 2])
    np.testing.assert_array_equal(last.step_count, [0, 0])


def test_the_final_observation_is_the_next_one_unless_an_episode_ended(key):
    _, transitions = run_steps(key, by_complexity, 6, 20, PARAMS)
    done = np.asarray(transitions.terminated | transitions.truncated)[:-1]
    final, following = transitions.final_observation[:-1], transitions.observation[1:]
    np.testing.assert_array_equal(final[~done], following[~done])
    assert (following[done][:, -1] == 1).all()
    assert (final[done][:, -1] < 1).all()


def test_run_episodes_is_a_loop_over_episodes(luck):
    key, states, draws = luck
    num_episodes = draws.latency.shape[1]
    episodes = jax.device_get(run_episodes(key, by_complexity, num_episodes, PARAMS))

    @jax.jit
    def step(state, noise):
        action = by_complexity(key, jax_router.observe(state, PARAMS)[None], None)[0]
        state, outcome = jax_router.transition(state, action, noise, PARAMS)
        terminated, truncated = endings(state, PARAMS)
        return state, terminated | truncated, (action, reward(outcome, PARAMS.reward), outcome)

    for e in range(num_episodes):
        state, ended, prompts = row(states, e), False, []
        while not ended:
            state, ended, prompt = jax.device_get(step(state, row(row(draws, len(prompts)), e)))
            prompts.append(prompt)
        actions, rewards, outcomes = jax.tree.map(lambda *rows: np.stack(rows), *prompts)
        summed_up = Episodes(
            reward=rewards.sum(),
            cost=outcomes.cost.sum(),
            quality=outcomes.quality.mean(),
            sla_violation_rate=outcomes.sla_violated.mean(),
            quality_met_rate=(outcomes.quality >= outcomes.quality_required).mean(),
            latency_counts=np.histogram(outcomes.latency, latency_edges())[0],
            length=len(prompts),
            model_share=np.bincount(actions, minlength=5) / len(prompts),
        )
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), row(episodes, e), summed_up)
    assert len(np.unique(episodes.length)) > 1  # so that the test has met endings of both kinds


def test_policies_given_one_key_meet_the_same_prompts(key):
    params = jax_router.make_params(episode_length=10)
    seen = [run_steps(key, constant(a), 3, 15, params)[1].observation for a in (0, 3)]
    np.testing.assert_array_equal(seen[0][..., :2], seen[1][..., :2])
    assert not np.array_equal(seen[0][..., 2:7], seen[1][..., 2:7])  # only the queues are the policy's


def test_policies_given_one_key_have_the_same_luck(key):
    """Where models do not differ and queues do not matter, no choice can."""
    models = [ModelConfig(name, 0.01, 1.0, 0.5, 0.8) for name in "abcde"]
    params = jax_router.make_params(models=models, slowdown=0, episode_length=20)
    measured = compare(key, {"random": random(params), "first": constant(0)}, 4, params)
    np.testing.assert_allclose(measured["random"].reward, measured["first"].reward, rtol=1e-5)
    assert (measured["random"].model_share != measured["first"].model_share).any()


def test_compare_is_run_episodes_for_each_policy(key):
    entrants = {"cheapest": strategies.cheapest_first(PARAMS), "by complexity": by_complexity}
    measured = compare(key, entrants, 4, PARAMS)
    assert list(measured) == list(entrants)
    for name, policy in entrants.items():
        alone = run_episodes(key, policy, 4, PARAMS)
        chex.assert_trees_all_close(measured[name], alone, rtol=1e-5)


def test_params_can_be_mapped_over(key):
    problems = [jax_router.make_params(name, episode_length=8) for name in ("default", "rush_hour")]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *problems)
    together = jax.vmap(lambda params: run_episodes(key, by_complexity, 3, params))(stacked)
    for i, params in enumerate(problems):
        alone = run_episodes(key, by_complexity, 3, params)
        chex.assert_trees_all_close(row(together, i), alone, rtol=1e-5)
    assert (together.reward[0] != together.reward[1]).all()


def test_params_can_be_differentiated_through(key):
    """The gradient of a rollout's reward by a weight is what the weight multiplies."""

    def rewards(weights):
        _, transitions = run_steps(key, by_complexity, 2, 8, PARAMS.replace(reward=weights))
        return transitions.reward.sum(), transitions.outcome

    (_, outcome), gradient = jax.value_and_grad(rewards, has_aux=True)(PARAMS.reward)
    late = np.maximum(0, outcome.latency - PARAMS.reward.sla_threshold)
    np.testing.assert_allclose(gradient.cost_weight, -outcome.cost.sum(), rtol=1e-5)
    np.testing.assert_allclose(gradient.quality_weight, outcome.quality.sum(), rtol=1e-5)
    np.testing.assert_allclose(gradient.latency_penalty, -late.sum(), rtol=1e-5)
    np.testing.assert_allclose(gradient.sla_threshold, 2.0 * (late > 0).sum(), rtol=1e-5)


def test_a_price_can_be_differentiated_through(key):
    """Only the price of the chosen model matters, and by the weight of cost."""
    _, state = jax_router.reset(key, PARAMS)

    def step_reward(prices):
        params = PARAMS.replace(fleet=PARAMS.fleet.replace(cost_per_call=prices))
        return jax_router.step(state, 2, key, params)[2]

    np.testing.assert_allclose(jax.grad(step_reward)(jnp.asarray(PARAMS.fleet.cost_per_call)), [0, 0, -1, 0, 0])


def test_without_jit_a_policy_sees_numbers(key):
    """As who debugs one wants it."""
    seen = []

    def policy(key, observation, state):
        seen.append(float(observation[0, 1]))
        return jnp.zeros(2, jnp.int32)

    with jax.disable_jit():
        jax_router.run_steps(key, policy, 2, 3, PARAMS)
    assert len(seen) == 3
