"""One seed, one episode: whichever face of the simulator plays it, and whatever happens around it."""

import copy
import pickle

import gymnasium as gym
import jax
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import jax_router
from gym_compat import LLMRouterEnv, LLMRouterVectorEnv

SETTINGS = {"scenario": "rush_hour", "episode_length": 40, "budget": 0.35}
CLOSE = {"rtol": 2e-5, "atol": 2e-5}
"""Programs that XLA fuses differently round differently."""


def actions_of(env_index, episode, length=40):
    return np.random.default_rng([env_index, episode]).integers(0, 5, length)


def play_single(seed, episodes=3, env=None):
    """Rows of observation, reward, terminated, truncated, cost, latency, quality: one list an episode."""
    env = env or LLMRouterEnv(**SETTINGS)
    played = []
    for episode in range(episodes):
        observation, _ = env.reset(seed=seed if episode == 0 else None)
        rows = [(*observation, 0, 0, 0, 0, 0, 0)]
        for action in actions_of(seed, episode):
            observation, reward, terminated, truncated, info = env.step(action)
            rows.append((*observation, reward, terminated, truncated, info["cost"], info["latency"], info["quality"]))
            if terminated or truncated:
                break
        played.append(np.array(rows))
    return played


def play_functional(seed, episodes=3):
    params = jax_router.make_params(**SETTINGS)
    step = jax.jit(jax_router.step)
    played = []
    for episode in range(episodes):
        key = jax.random.fold_in(jax.random.key(seed), episode)
        observation, state = jax_router.reset(jax.random.fold_in(key, 0), params)
        rows = [(*observation, 0, 0, 0, 0, 0, 0)]
        for t, action in enumerate(actions_of(seed, episode), start=1):
            observation, state, reward, terminated, truncated, info = step(
                state, action, jax.random.fold_in(key, t), params
            )
            rows.append((*observation, reward, terminated, truncated, info.cost, info.latency, info.quality))
            if terminated or truncated:
                break
        played.append(np.array(rows))
    return played


def play_gymnax(seed, episodes=3):
    from jax_router.gymnax_env import LLMRouter

    env = LLMRouter(**SETTINGS)
    played = []
    for episode in range(episodes):
        key = jax.random.fold_in(jax.random.key(seed), episode)
        observation, state = env.reset(jax.random.fold_in(key, 0))
        rows = [(*observation, 0, 0, 0, 0, 0, 0)]
        for t, action in enumerate(actions_of(seed, episode), start=1):
            _, state, reward, terminated, truncated, info = env.step(jax.random.fold_in(key, t), state, action)
            outcome = (info["cost"], info["latency"], info["quality"])
            rows.append((*info["final_observation"], reward, terminated, truncated, *outcome))
            if terminated or truncated:
                break
        played.append(np.array(rows))
    return played


def play_vector(seeds, mode, episodes=3):
    """The same, a list of episodes for every environment, each acting by its own seed and episode."""
    envs = LLMRouterVectorEnv(len(seeds), autoreset_mode=mode, **SETTINGS)
    observation, _ = envs.reset(seed=seeds)
    played = [[[(*row, 0, 0, 0, 0, 0, 0)]] for row in observation]
    for _ in range(200):
        chosen = []
        for seed, done in zip(seeds, played, strict=True):
            chosen.append(actions_of(seed, len(done) - 1)[(len(done[-1]) - 1) % 40])
        observation, reward, terminated, truncated, infos = envs.step(np.array(chosen))
        for i, done in enumerate(played):
            final = infos.get("_final_info", np.zeros(len(seeds), bool))[i]
            info = infos["final_info"] if final else infos
            if info["_cost"][i]:
                end = infos["final_obs"][i] if final else observation[i]
                outcome = (info["cost"][i], info["latency"][i], info["quality"][i])
                done[-1].append((*end, reward[i], terminated[i], truncated[i], *outcome))
            if final or not info["_cost"][i]:
                done.append([(*observation[i], 0, 0, 0, 0, 0, 0)])
        if all(len(done) > episodes for done in played):
            return [[np.array(episode) for episode in done[:episodes]] for done in played]
    raise AssertionError("the episodes did not end")


def assert_same(left, right):
    assert [len(episode) for episode in left] == [len(episode) for episode in right]
    for mine, other in zip(left, right, strict=True):
        np.testing.assert_allclose(mine, other, **CLOSE)


@pytest.mark.parametrize("play", [play_functional, play_gymnax])
@pytest.mark.parametrize("seed", [0, 1234567])
def test_the_single_environment_plays_the_functional_api_s_episodes(play, seed):
    assert_same(play_single(seed), play(seed))


def test_the_episodes_of_this_file_end_in_both_ways():
    ends = {tuple(episode[-1][10:12]) for seed in range(12) for episode in play_single(seed)}
    assert {(1.0, 0.0), (0.0, 1.0)} <= ends


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_the_vector_environment_plays_the_single_environment_s_episodes(mode):
    seeds = [5, 6, 0x7F800001, 2**32 - 1]  # the bits of the last two are no numbers as float32
    for seed, played in zip(seeds, play_vector(seeds, mode), strict=True):
        assert_same(play_single(seed), played)


def test_a_long_episode_is_the_same_beyond_a_block_of_noise():
    settings = {"episode_length": 1100, "budget": 100.0}
    env, envs = LLMRouterEnv(**settings), LLMRouterVectorEnv(2, **settings)
    env.reset(seed=8)
    envs.reset(seed=7)
    for t in range(1100):
        action = (t // 7) % 5
        single = env.step(action)
        batch = envs.step(np.full(2, action))
    np.testing.assert_allclose(single[0], batch[0][1], **CLOSE)
    assert single[3]
    assert batch[3].all()


def test_an_int_seed_counts_up_over_the_environments_as_gymnasium_does():
    envs = LLMRouterVectorEnv(4)
    by_int, _ = envs.reset(seed=10)
    by_list, _ = envs.reset(seed=[10, 11, 12, 13])
    np.testing.assert_array_equal(by_int, by_list)
    assert len(np.unique(by_int, axis=0)) == 4
    single, _ = LLMRouterEnv().reset(seed=12)
    np.testing.assert_allclose(by_int[2], single, **CLOSE)


def test_a_seed_makes_the_episode_and_those_after_it_reproducible():
    env = LLMRouterEnv(**SETTINGS)
    first, second = play_single(3, env=env), play_single(3, env=env)
    for mine, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(mine, other)
    assert len({episode[0, 0] for episode in first}) == 3


def test_an_episode_does_not_depend_on_how_the_one_before_it_ended():
    env, hasty = LLMRouterEnv(), LLMRouterEnv()
    env.reset(seed=2)
    hasty.reset(seed=2)
    for _ in range(30):
        env.step(1)
    np.testing.assert_array_equal(env.reset()[0], hasty.reset()[0])


def test_without_a_seed_environments_differ():
    starts = {LLMRouterEnv().reset()[0].tobytes() for _ in range(5)}
    assert len(starts) == 5
    observations, _ = LLMRouterVectorEnv(50).reset()
    assert len(np.unique(observations, axis=0)) == 50


def test_large_seeds_count_modulo_two_to_the_32():
    env = LLMRouterEnv()
    np.testing.assert_array_equal(env.reset(seed=2**40 + 3)[0], env.reset(seed=3)[0])
    assert (env.reset(seed=2**32 - 1)[0] != env.reset(seed=2**31 - 1)[0]).any()
    envs = LLMRouterVectorEnv(2)
    np.testing.assert_array_equal(envs.reset(seed=2**32 - 1)[0], envs.reset(seed=[2**32 - 1, 0])[0])


def test_two_environments_do_not_touch_each_other():
    alone = play_single(1)
    env, other = LLMRouterEnv(**SETTINGS), LLMRouterEnv(**SETTINGS)
    env.reset(seed=1)
    other.reset(seed=2)
    for row, action in zip(alone[0][1:], actions_of(1, 0), strict=False):
        other.step(0) if not other._ended else other.reset()
        np.testing.assert_array_equal(env.step(action)[0], row[:9].astype(np.float32))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_goes_on_by_itself_with_the_same_luck(duplicate):
    env = gym.make("LLMRouter-v0", **SETTINGS)
    fresh = duplicate(env)
    env.reset(seed=4)
    fresh.reset(seed=4)
    for _ in range(5):
        env.step(1)
        fresh.step(1)
    twin = duplicate(env)
    for _ in range(10):
        env.step(3)  # must not move the twin
    steps = [(fresh.step(2), twin.step(2)) for _ in range(5)]
    for mine, other in steps:
        np.testing.assert_array_equal(mine[0], other[0])
        assert mine[1:] == other[1:]
    np.testing.assert_array_equal(fresh.reset()[0], twin.reset()[0])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_of_many_goes_on_by_itself_too(duplicate):
    envs = LLMRouterVectorEnv(3, **SETTINGS)
    envs.reset(seed=4)
    envs.step(np.array([0, 1, 2]))
    twin = duplicate(envs)
    once = envs.step(np.array([2, 1, 0]))
    envs.step(np.array([2, 1, 0]))
    again = twin.step(np.array([2, 1, 0]))
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])


def test_equal_problems_share_their_compiled_programs():
    env, same, other = LLMRouterEnv(budget=2.0), LLMRouterEnv(budget=2), LLMRouterEnv(budget=3.0)
    for each in (env, same, other):
        each.reset(seed=0)
    assert env._programs is same._programs
    assert env._programs is not other._programs
