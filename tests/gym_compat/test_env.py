"""`gym_compat.LLMRouterEnv` as a user of Gymnasium meets it: types, attributes, errors, and Gymnasium's own checks."""

import json
import operator
import warnings
from dataclasses import asdict

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

import gym_compat
from gym_compat import DEFAULT_MODELS, SCENARIOS, LLMRouterEnv, ModelConfig, RewardConfig

INFO_TYPES = {
    "cost": np.float32,
    "quality": np.float32,
    "latency": np.float32,
    "model": np.int32,
    "budget_remaining": np.float32,
    "quality_required": np.float32,
    "sla_violated": np.ndarray,
}


def fleet(size):
    return [ModelConfig(f"model_{i}", 0.001 * (i + 1), 0.3 + 0.1 * i, 0.05, 0.7 + 0.02 * i) for i in range(size)]


def check_without_warning(**settings):
    env = gym.make("LLMRouter-v0", **settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(env.unwrapped)
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_gymnasium_finds_nothing_wrong_with_any_scenario(scenario):
    check_without_warning(scenario=scenario)


@pytest.mark.parametrize("size", [1, 2, 12])
def test_gymnasium_finds_nothing_wrong_with_a_fleet_of_any_size(size):
    check_without_warning(models=fleet(size))


def test_results_are_numpy_and_python_scalars():
    env = LLMRouterEnv()
    observation, info = env.reset(seed=3)
    assert observation.dtype == np.float32
    assert observation.shape == (9,)
    assert info == {}
    observation, reward, terminated, truncated, info = env.step(np.int64(1))
    assert observation in env.observation_space
    assert observation.flags.writeable
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert {key: type(value) for key, value in info.items()} == INFO_TYPES
    assert list(info)[-3:] == ["sla_violated", "budget_remaining", "model"]  # in the order of the report
    assert env.metadata["model_names"][info["model"]] == "tier1_small"


def test_info_adds_up_to_the_reward_and_the_budget():
    weights = RewardConfig(2.0, 1.0, 5.0, 0.5, quality_miss_penalty=0.7)
    env = LLMRouterEnv(reward_config=weights)
    env.reset(seed=0)
    spent = 0.0
    for t in range(300):
        action = t % 5
        _, reward, _, _, info = env.step(action)
        spent += info["cost"]
        late = max(0.0, info["latency"] - 0.5)
        missed = max(0.0, info["quality_required"] - info["quality"])
        assert reward == pytest.approx(-2 * info["cost"] + info["quality"] - 5 * late - 0.7 * missed, abs=2e-5)
        assert info["sla_violated"] == (info["latency"] > 0.5)
        assert info["cost"] == pytest.approx(DEFAULT_MODELS[action].cost_per_call)
        assert info["budget_remaining"] == pytest.approx(10 - spent, abs=1e-4)


def test_truncates_at_the_episode_length_and_terminates_with_the_budget():
    env = LLMRouterEnv(episode_length=4, budget=0.07)
    env.reset(seed=0)
    assert [env.step(3)[2:4] for _ in range(4)] == [(False, False)] * 3 + [(False, True)]
    env.reset()
    assert [env.step(0)[2:4] for _ in range(3)] == [(False, False)] * 2 + [(True, False)]
    both = LLMRouterEnv(episode_length=3, budget=0.07)
    both.reset(seed=0)
    assert [both.step(0)[2:4] for _ in range(3)][-1] == (True, True)


def test_an_episode_outlives_many_blocks_of_noise():
    env = LLMRouterEnv(episode_length=2500)
    env.reset(seed=0)
    lengths = [env.step(3)[0][0] for _ in range(2500)]
    assert len(np.unique(lengths)) > 2300


@pytest.mark.parametrize("action", [-1, 5, 1.0, "1", None, np.array([1]), np.float32(2), np.nan, True, np.True_])
def test_an_action_outside_the_space_is_named(action):
    env = LLMRouterEnv()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action is .*; it must be an integer from 0 to 4"):
        env.step(action)
    env.step(1)  # and leaves the episode as it was


@pytest.mark.parametrize("action", [1, np.int32(1), np.uint8(1), np.array(1)])
def test_every_kind_of_integer_is_an_action(action):
    env = LLMRouterEnv()
    env.reset(seed=0)
    assert env.step(action)[-1]["model"] == operator.index(action)


@pytest.mark.parametrize("wrong", [-1, 0.5, np.nan, True, "3", [1, 2]])
def test_a_refused_reset_changes_nothing(wrong):
    env, untouched = LLMRouterEnv(), LLMRouterEnv()
    env.reset(seed=3), untouched.reset(seed=3)
    with pytest.raises(ValueError, match=r"^seed is .*; it must be a whole number at least 0"):
        env.reset(seed=wrong)
    with pytest.raises(ValueError, match=r"^options is .*; it must be None or a dict"):
        env.reset(seed=4, options=wrong)
    np.testing.assert_array_equal(env.step(1)[0], untouched.step(1)[0])
    np.testing.assert_array_equal(env.reset()[0], untouched.reset()[0])
    assert env.np_random.random() == untouched.np_random.random()


def test_a_numpy_integer_of_any_size_is_a_seed():
    env = LLMRouterEnv()
    np.testing.assert_array_equal(env.reset(seed=np.int64(7))[0], env.reset(seed=2**32 + 7)[0])
    env.reset(seed=2**70)


def test_a_step_before_the_reset_or_after_the_end_says_so():
    env = LLMRouterEnv(episode_length=1)
    with pytest.raises(gym.error.ResetNeeded, match=r"call reset\(\) first"):
        env.step(0)
    env.reset()
    env.step(0)
    with pytest.raises(gym.error.ResetNeeded, match="the episode has ended"):
        env.step(0)
    env.reset()
    env.step(0)


def test_tells_what_it_was_made_with():
    env = gym.make("LLMRouter-v0", episode_length=500, budget=5.1, max_queue_depth=33.3, scenario="rush_hour").unwrapped
    assert (env.episode_length, env.budget, env.max_queue_depth, env.scenario) == (500, 5.1, 33.3, "rush_hour")
    assert env.models == DEFAULT_MODELS
    assert env.reward_config == RewardConfig()
    assert LLMRouterEnv(scenario="overnight_batch").reward_config == RewardConfig(sla_threshold=10.0)
    assert LLMRouterEnv(scenario="tight_budget").budget == 1.5
    with pytest.raises(AttributeError):
        env.budget = 3.0  # would have no effect


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scenario": "x"}, "scenario is 'x'; the known ones are default"),
        ({"budget": -1}, "budget is -1; it must be"),
        ({"episode_length": 2.5}, "episode_length is 2.5"),
        ({"models": []}, "models is empty"),
        ({"models": 5}, "models is 5; it must be a list of ModelConfig"),
        ({"models": [{"name": "a"}]}, r"models\[0\]: missing 4 required"),
        ({"models": [{"nom": "a"}]}, r"models\[0\] has no setting 'nom'; allowed are name, cost_per_call"),
        ({"reward_config": {"cost": 1}}, "reward_config has no setting 'cost'; allowed are cost_weight"),
        ({"reward_config": 3}, "reward is 3; it must be a RewardConfig"),
        ({"render_mode": "human"}, "render_mode is 'human'; it must be None, 'ansi' or 'rgb_array'"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        LLMRouterEnv(**settings)


def test_an_unknown_keyword_lists_the_known_ones():
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'episodes'; allowed are scenario, models"):
        gym.make("LLMRouter-v0", episodes=3)


def test_the_spec_goes_through_json_and_back():
    models, weights = fleet(3), RewardConfig(cost_weight=3.0)
    env = gym.make("LLMRouter-v0", models=models, reward_config=weights, budget=5.0, slowdown=1.0)
    text = env.spec.to_json()
    assert json.loads(text)["kwargs"]["models"][0] == asdict(models[0])
    again = gym.make(EnvSpec.from_json(text)).unwrapped
    assert (again.models, again.reward_config, again.budget) == (tuple(models), weights, 5.0)
    assert env.spec.max_episode_steps is None
    envs = gym.make_vec("LLMRouter-v0", num_envs=2, models=models, autoreset_mode="SameStep")
    assert json.loads(envs.spec.to_json())["kwargs"]["autoreset_mode"] == "SameStep"


def test_traffic_may_be_the_path_of_a_trace(tmp_path):
    path = tmp_path / "trace.csv"
    rows = [f"2024-05-10 {hour:02d}:00:00,{100 * hour + 10}" for hour in range(24)]
    path.write_text("\n".join(["TIMESTAMP,ContextTokens", *rows]))
    env = LLMRouterEnv(traffic=str(path))
    env.reset(seed=0)
    assert len({env.step(3)[0][0] for _ in range(50)}) > 1
    with pytest.raises(FileNotFoundError):
        LLMRouterEnv(traffic=tmp_path / "none.csv")


def test_the_document_s_customisation_snippets_run():
    models = [
        ModelConfig("gpt-4o", cost_per_call=0.025, latency_mean=1.8, latency_std=0.4, quality_score=0.96),
        ModelConfig("gpt-4o-mini", cost_per_call=0.0006, latency_mean=0.4, latency_std=0.1, quality_score=0.81),
        ModelConfig("claude-sonnet", cost_per_call=0.012, latency_mean=1.2, latency_std=0.3, quality_score=0.92),
        ModelConfig("claude-haiku", cost_per_call=0.0008, latency_mean=0.3, latency_std=0.07, quality_score=0.78),
    ]
    env = LLMRouterEnv(models=models)
    assert env.reset(seed=0)[0].shape == (8,)
    assert env.metadata["model_names"][env.step(3)[-1]["model"]] == "claude-haiku"

    strict = RewardConfig(cost_weight=2.0, quality_weight=1.0, latency_penalty=5.0, sla_threshold=0.5)
    env = LLMRouterEnv(reward_config=strict)
    env.reset(seed=0)
    assert env.step(0)[1] < -3  # two seconds against an SLA of half a second


def test_close_may_be_called_twice():
    env = gym.make("LLMRouter-v0")
    env.reset(seed=0)
    env.close()
    env.close()


def test_the_module_offers_its_names_and_no_other():
    assert set(gym_compat.__all__) <= set(dir(gym_compat))
    with pytest.raises(AttributeError, match="no attribute 'LLMRouter'"):
        gym_compat.LLMRouter  # noqa: B018
