"""Everything that takes a simulator takes any: a toy one with a state, an observation and an outcome of its own."""

import copy
import pickle
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gym_compat.env import RouterEnv
from gym_compat.problem import Problem
from gym_compat.vector_env import RouterVectorEnv
from jax_router import ModelConfig, simulator
from jax_router.gymnax_env import RouterEnvironment
from jax_router.priced_env import PricedRouter
from jax_router.rollout import compare, run_episodes, run_steps
from jax_router.strategies import constant, random
from jax_router.tuning import best_mixture
from tests.helpers import toy_simulator as toy
from train.algorithm.config import Learning
from train.algorithm.ppo import PPO

PARAMS = toy.Params()
MODELS = tuple(ModelConfig(name, 0, 0, 0, 0) for name in ("a", "b", "c"))
PROBLEM = Problem(PARAMS, "toy", MODELS, None, {})


def favourite(key, observation, state):
    """Right for every prompt."""
    return jnp.argmax(observation, axis=-1)


def test_run_steps(key):
    _, steps = run_steps(key, favourite, 4, 20, PARAMS)
    assert steps.observation.shape == (20, 4, 3)
    np.testing.assert_array_equal(steps.reward, 1.0)
    np.testing.assert_array_equal(steps.outcome.served_by, steps.observation.argmax(-1))
    np.testing.assert_array_equal(np.flatnonzero(steps.truncated[:, 0]), [7, 15])
    assert not steps.terminated.any()


def test_run_episodes_and_compare(key):
    episodes = compare(key, {"right": favourite, "luck": random(PARAMS)}, 16, PARAMS)
    np.testing.assert_array_equal(episodes["right"].reward, 8.0)
    np.testing.assert_array_equal(episodes["right"].length, 8)
    luck = run_episodes(key, random(PARAMS), 16, PARAMS)
    np.testing.assert_array_equal(luck.reward, episodes["luck"].reward)
    np.testing.assert_array_equal(luck.cost, np.asarray(luck.length) - np.asarray(luck.reward))
    assert (np.asarray(luck.length) < 8).any()  # the budget ends some
    np.testing.assert_array_equal(luck.sla_violation_rate > 0, luck.cost > 0)


def test_step_from_a_key_is_step_from_its_noise(key):
    observation, state = simulator.reset(key, PARAMS)
    np.testing.assert_array_equal(observation, toy.observe(state, PARAMS))
    stepped = simulator.step(state, 1, key, PARAMS)
    later, made = simulator.step_from_noise(state, 1, toy.draw_noise(key, PARAMS), PARAMS)
    for a, b in zip(jax.tree.leaves(stepped[:2]), jax.tree.leaves((made.observation, later)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert simulator.observation_size(PARAMS) == 3


def test_the_mixture_search(key):
    """No mixture is right more often than in one of three prompts, but for luck."""
    boundless = simulator.without_budget(PARAMS)  # a budget ends the episodes that begin badly
    tuned = best_mixture(key, boundless, num_episodes=128, num_rounds=1)
    assert tuned.candidates.shape[1] == 3
    assert np.median(tuned.means.quality) == pytest.approx(1 / 3, abs=0.03)


def test_gymnax_and_ppo(key):
    """A few updates are enough to learn what is right."""
    env = RouterEnvironment(PARAMS, ["a", "b", "c"])
    assert (env.name, env.num_actions, env.observation_space().shape) == ("Toy-v0", 3, (3,))
    learning = Learning(total_timesteps=16_384, num_envs=32, num_steps=16, num_minibatches=2, learning_rate=5e-3)
    ppo = PPO(learning, env)
    state, metrics = jax.jit(ppo.train)(key, PARAMS)
    assert metrics["quality"][-1] > metrics["quality"][0] + 0.2
    action = ppo.greedy_action(state.network, state.observation_stats, jnp.eye(3))
    np.testing.assert_array_equal(action, [0, 1, 2])


def test_a_name_for_each_model():
    with pytest.raises(ValueError, match="model_names has 2 names; this fleet has 3 models"):
        RouterEnvironment(PARAMS, ["a", "b"])


def test_the_priced_environment(key):
    env = PricedRouter(RouterEnvironment(PARAMS, ["a", "b", "c"]), 1.0, 2.0)
    observation, state = env.reset(key, PARAMS)
    assert observation.shape == env.observation_space().shape == (4,)
    assert 0 <= observation[-1] <= np.log(2)
    for t in range(8):  # all wrong, and the budget of 4 does not end the episode
        wrong = (state.router.favourite + 1) % 3
        observation, state, _, terminated, truncated, _ = env.step(jax.random.fold_in(key, t), state, wrong, PARAMS)
        np.testing.assert_array_equal(observation[:3], toy.observe(state.router, PARAMS))
        assert not terminated
    assert truncated


def test_gymnasium_alone_and_together():
    """The same seeds, the same steps, one by one and as one; integers and truth values come back as such."""
    alone, together = RouterEnv(PROBLEM), RouterVectorEnv(PROBLEM, 2)
    assert alone.observation_space.shape == (3,)
    observations, _ = together.reset(seed=5)
    observation, info = alone.reset(seed=5)
    assert info == {}
    for _ in range(6):
        np.testing.assert_array_equal(observation, observations[0])
        action = int(observation.argmax())
        observations, rewards, terminated, truncated, infos = together.step(np.array([action, 0]))
        observation, *told, info = alone.step(action)
        assert told == [rewards[0], terminated[0], truncated[0]] == [1.0, False, False]
        assert info == {name: infos[name][0] for name in info}
        assert (info["served_by"], info["sla_violated"], info["model"]) == (action, False, action)
        assert type(info["served_by"]) is np.int32
    assert alone.state.step_count == 6


def test_a_gymnasium_environment_is_copied_with_its_simulator():
    env = RouterEnv(PROBLEM)
    env.reset(seed=1)
    again = pickle.loads(pickle.dumps(env))
    assert again.problem.params.simulator == toy.SIMULATOR
    assert copy.deepcopy(env).step(0)[1:] == env.step(0)[1:] == again.step(0)[1:]


def test_the_programs_of_two_simulators_are_two():
    """What is compiled is found by content, and the simulator is part of that."""
    other = replace(PARAMS, simulator=replace(toy.SIMULATOR, reward=minus_reward))
    env, opposite = RouterEnv(PROBLEM), RouterEnv(replace(PROBLEM, params=other))
    observation, _ = env.reset(seed=2)
    opposite.reset(seed=2)
    right = int(observation.argmax())
    assert env.step(right)[1] == 1.0
    assert opposite.step(right)[1] == -1.0


def minus_reward(outcome, params):
    return -outcome.quality


def test_without_budget_nothing_ends_an_episode_early(key):
    boundless = simulator.without_budget(PARAMS)
    episodes = run_episodes(key, constant(0), 8, boundless)
    np.testing.assert_array_equal(episodes.length, 8)
