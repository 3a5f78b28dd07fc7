"""`gym_compat.LLMRouterVectorEnv` against Gymnasium's own vector environment, and under its wrappers."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import NormalizeObservation, NormalizeReward, RecordEpisodeStatistics

from gym_compat import LLMRouterEnv, LLMRouterVectorEnv

SETTINGS = {"episode_length": 12, "budget": 0.15}
CLOSE = {"rtol": 2e-5, "atol": 2e-5}


def assert_same_infos(ours, gymnasium_s):
    """Every key of Gymnasium's infos with the same kind of array; keys that it leaves out are masked in ours."""
    for key in ours.keys() - gymnasium_s.keys():
        assert key in gymnasium_s or not np.any(ours.get(f"_{key}", ours[key]))
    for key, theirs in gymnasium_s.items():
        mine = ours[key]
        if isinstance(theirs, dict):
            assert_same_infos(mine, theirs)
        elif key == "final_obs":
            mask = ours["_final_obs"]
            assert (mine[~mask] == 0).all()
            np.testing.assert_allclose(mine[mask], np.stack(theirs[mask]), **CLOSE)
        elif theirs.dtype == object or theirs.dtype == bool:
            assert mine.dtype == theirs.dtype
            assert mine.tolist() == theirs.tolist()
        else:
            np.testing.assert_allclose(mine, theirs, **CLOSE)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_is_what_gymnasium_makes_of_single_environments(mode):
    ours = gym.make_vec("LLMRouter-v0", num_envs=6, autoreset_mode=mode, **SETTINGS)
    gymnasium_s = SyncVectorEnv([lambda: LLMRouterEnv(**SETTINGS)] * 6, autoreset_mode=mode)
    assert ours.observation_space == gymnasium_s.observation_space
    assert ours.action_space == gymnasium_s.action_space
    assert ours.metadata["autoreset_mode"] is mode
    np.testing.assert_allclose(ours.reset(seed=3)[0], gymnasium_s.reset(seed=3)[0], **CLOSE)
    rng = np.random.default_rng(0)
    ends = 0
    for t in range(60):
        if t == 30:  # some begin anew: two with a seed, one without
            mask = np.array([True, False, True, False, True, False])
            seeds = [40, None, 41, None, None, 42]
            mine = ours.reset(seed=seeds, options={"reset_mask": mask})
            theirs = gymnasium_s.reset(seed=seeds, options={"reset_mask": mask.copy()})
            np.testing.assert_allclose(mine[0], theirs[0], **CLOSE)
        actions = rng.integers(0, 5, 6)
        mine, theirs = ours.step(actions), gymnasium_s.step(actions)
        for left, right in zip(mine[:4], theirs[:4], strict=True):
            np.testing.assert_allclose(left, right, **CLOSE)
        assert_same_infos(mine[4], theirs[4])
        ends += int((mine[2] | mine[3]).sum())
    assert ends > 20


def test_results_are_writable_numpy_of_fixed_types():
    envs = LLMRouterVectorEnv(3)
    observations, infos = envs.reset(seed=0)
    assert (observations.shape, observations.dtype, infos) == ((3, 9), np.float32, {})
    observations, rewards, terminations, truncations, infos = envs.step(np.array([0, 1, 2]))
    results = [observations, rewards, terminations, truncations]
    assert [array.dtype for array in results] == [np.float32, np.float32, np.bool_, np.bool_]
    assert [array.shape for array in results] == [(3, 9), (3,), (3,), (3,)]
    assert all(type(array) is np.ndarray and array.flags.writeable for array in [*results, *infos.values()])
    assert infos["model"].tolist() == [0, 1, 2]
    observations[:] = 5  # theirs to keep
    assert (envs.step(np.array([0, 1, 2]))[0] <= 1).all()


def test_a_reset_step_ignores_its_action_and_is_masked():
    envs = LLMRouterVectorEnv(2, episode_length=3)
    envs.reset(seed=0)
    for _ in range(3):
        *_, truncations, infos = envs.step(np.array([1, 1]))
    assert truncations.all()
    assert infos["_cost"].all()
    observations, rewards, terminations, truncations, infos = envs.step(np.array([0, 4]))
    assert not rewards.any()
    assert not (terminations | truncations).any()
    assert (observations[:, -1] == 1).all()  # the whole budget
    assert not infos["_cost"].any()
    assert infos["model"].tolist() == [0, 0]


def test_without_autoreset_the_user_resets_by_mask():
    envs = gym.make_vec("LLMRouter-v0", num_envs=3, autoreset_mode="Disabled", budget=0.05)
    envs.reset(seed=0)
    actions = np.array([0, 3, 3])
    envs.step(actions)
    *_, terminations, truncations, _ = envs.step(actions)
    assert terminations.tolist() == [True, False, False]
    with pytest.raises(gym.error.ResetNeeded, match="1 episodes have ended"):
        envs.step(actions)
    observations, _ = envs.reset(options={"reset_mask": terminations | truncations})
    assert observations[0, -1] == 1
    assert (observations[1:, -1] < 1).all()
    envs.step(actions)


def test_a_mask_leaves_the_others_where_they_are():
    envs, others = LLMRouterVectorEnv(3), LLMRouterVectorEnv(3)
    for each in (envs, others):
        each.reset(seed=0)
        each.step(np.array([1, 1, 1]))
    envs.reset(options={"reset_mask": np.array([False, True, False])})
    left, right = envs.step(np.array([2, 2, 2]))[0], others.step(np.array([2, 2, 2]))[0]
    np.testing.assert_array_equal(left[[0, 2]], right[[0, 2]])
    assert (left[1] != right[1]).any()


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (np.array([0, 5, 1]), "the action of environment 1 is 5; it must be from 0 to 4"),
        (np.array([-1, 0, 0]), "the action of environment 0 is -1"),
        (np.array([0, 1]), r"shape \(2,\) and dtype int64; they must be 3 integers"),
        (np.array([0.0, 1.0, 2.0]), "dtype float64; they must be 3 integers"),
        ([0, True, 2], "dtype object; they must be 3 integers"),
        ([0, [1], 2], "they must be 3 integers"),
        ([0, None, 2], "dtype object; they must be 3 integers"),
        ([0, 2**70, 2], "dtype object; they must be 3 integers"),
        ("012", r"shape \(\) and dtype <U3; they must be 3 integers"),
    ],
)
def test_wrong_actions_are_named(actions, message):
    envs = LLMRouterVectorEnv(3)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        envs.step(actions)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": [1, 2]}, r"seed has shape \(2,\); it must be an int or a list of 3 seeds"),
        ({"seed": [1, 2, -3]}, r"seed\[2\] is -3; it must be a whole number at least 0"),
        ({"seed": [1, 2, 0.5]}, r"seed\[2\] is 0.5; it must be a whole number at least 0"),
        ({"seed": [1, True, 5]}, r"seed\[1\] is True; it must be a whole number at least 0"),
        ({"seed": [None, "4", 5]}, r"seed\[1\] is '4'; it must be a whole number at least 0"),
        ({"seed": -1}, "seed is -1; it must be a whole number at least 0"),
        ({"seed": 1.5}, "seed is 1.5; it must be a whole number at least 0"),
        ({"seed": True}, "seed is True; it must be a whole number at least 0"),
        ({"seed": "12"}, "seed is '12'; it must be a whole number at least 0"),
        ({"options": 3}, "options is 3; it must be None or a dict"),
        ({"options": {"reset_mask": [True, False, True]}}, "must be a NumPy array of 3 bools"),
        ({"options": {"reset_mask": np.ones(2, bool)}}, "must be a NumPy array of 3 bools"),
        ({"options": {"reset_mask": np.zeros(3, bool)}}, "must be True for at least one environment"),
    ],
)
def test_wrong_resets_are_named(arguments, message):
    envs, untouched = LLMRouterVectorEnv(3), LLMRouterVectorEnv(3)
    envs.reset(seed=0), untouched.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        envs.reset(**({"seed": 5} | arguments))
    for each in (envs, untouched):
        each.step(np.array([1, 1, 1]))
    np.testing.assert_array_equal(envs.reset()[0], untouched.reset()[0])
    assert envs.np_random.random() == untouched.np_random.random()


def test_nothing_goes_before_a_whole_reset():
    envs = LLMRouterVectorEnv(2)
    with pytest.raises(gym.error.ResetNeeded, match=r"call reset\(\) first"):
        envs.step(np.array([0, 0]))
    with pytest.raises(gym.error.ResetNeeded, match="reset all of them first"):
        envs.reset(options={"reset_mask": np.array([True, False])})
    envs.reset()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_envs": 0}, "num_envs is 0; it must be"),
        ({"num_envs": 1.5}, "num_envs is 1.5"),
        ({"autoreset_mode": "never"}, "autoreset_mode is 'never'; it must be an AutoresetMode or one of 'NextStep'"),
        ({"render_mode": "ansi"}, "render_mode is 'ansi'; it must be None"),
        ({"budget": 0}, "budget is 0"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        LLMRouterVectorEnv(**settings)


def test_gymnasium_s_wrappers_keep_its_books():
    envs = gym.make_vec("LLMRouter-v0", num_envs=4, **SETTINGS)
    envs = NormalizeReward(NormalizeObservation(RecordEpisodeStatistics(envs)))
    observations, _ = envs.reset(seed=0)
    by_hand, returns = np.zeros(4), []
    plain = LLMRouterVectorEnv(4, **SETTINGS)
    plain.reset(seed=0)
    for _ in range(40):
        actions = np.array([0, 1, 3, 4])
        observations, rewards, *_, infos = envs.step(actions)
        assert np.isfinite(observations).all()
        assert np.isfinite(rewards).all()
        _, raw, terminations, truncations, _ = plain.step(actions)
        by_hand += raw
        ended = terminations | truncations
        if ended.any():
            np.testing.assert_allclose(infos["episode"]["r"][ended], by_hand[ended], rtol=1e-5)
            assert infos["episode"]["l"][ended].max() <= 12
            returns.extend(by_hand[ended])
        by_hand[ended] = 0
    assert len(returns) >= 12


def test_no_step_is_compiled_twice():
    envs = LLMRouterVectorEnv(5, episode_length=7)
    envs.reset(seed=0)
    for _ in range(20):
        envs.step(np.zeros(5, np.int64))
    envs.reset(seed=1)
    envs.step(np.zeros(5, np.int32))
    programs = envs._programs
    assert (programs._step._cache_size(), programs._begin._cache_size()) == (1, 1)
