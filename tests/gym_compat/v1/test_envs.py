"""LLMRouter-v1 for Gymnasium: the checks of Gymnasium itself, one environment as a batch has it, and what is drawn."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import gym_compat
from gym_compat import LLMRouterV1Env
from gym_compat.v1.picture import WIDTH, draw_picture
from gym_compat.v1.scene import scene_of
from jax_router.v1 import DEFAULT_MODELS, ModelConfig, Outcome, observation


def test_gymnasium_finds_nothing_wrong():
    check_env(gym.make("LLMRouter-v1", episode_length=5).unwrapped, skip_render_check=True)


def test_one_lives_as_in_a_batch():
    one = gym.make("LLMRouter-v1", episode_length=6)
    many = gym.make_vec("LLMRouter-v1", num_envs=3, episode_length=6)
    alone, _ = one.reset(seed=8)
    together, _ = many.reset(seed=7)
    for action in (0, 1, 2, 3, 4):
        np.testing.assert_allclose(alone, together[1], atol=1e-5)
        alone, reward, terminated, truncated, info = one.step(action)
        together, rewards, *_, infos = many.step(np.full(3, action))
        assert reward == pytest.approx(rewards[1], abs=1e-4)
        assert info["served_by"] == infos["served_by"][1]
    assert info.keys() == {*Outcome.__annotations__, "model", "budget_remaining"}
    assert info["good"].dtype == bool
    assert not terminated
    assert not truncated


def test_settings_as_plain_data():
    models = [
        {"name": "only", "price_in": 1, "price_out": 2, "quality_score": 0.8, "step_time": 0.01, "prefill_rate": 1e4}
    ]
    env = gym.make("LLMRouter-v1", models=models, reward_config={"cost_weight": 3}, rate=2.5).unwrapped
    assert env.models == (ModelConfig("only", 1, 2, 0.8, 0.01, 1e4),)
    assert env.observation_space.shape == (observation.size(1),)
    assert env.reward_config.cost_weight == 3
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'queue'"):
        gym.make("LLMRouter-v1", queue=3)
    with pytest.raises(ValueError, match="rate is 0; it must be a finite number above 0"):
        gym.make("LLMRouter-v1", rate=0)


def test_the_text_shows_endpoints_limits_and_the_last_route():
    env = gym.make("LLMRouter-v1", render_mode="ansi", scenario="sessions")
    env.reset(seed=1)
    assert "no prompt has been routed yet" in env.render()
    for _ in range(30):
        *_, info = env.step(3)
    text = env.render()
    assert "sessions" in text
    assert "prompt 30 of 1000" in text
    assert f"budget {info['budget_remaining']:.4f} of 5.00 USD" in text
    for model in DEFAULT_MODELS:
        assert f"{model.name} " in text
    assert f"for {info['cost']:.6f} USD, first token after {info['ttft']:.2f} s" in text
    (arrowed,) = [line for line in text.splitlines() if line.startswith(">")]
    assert arrowed.split()[1] == "llama-70b"
    scene = scene_of(env.unwrapped.view)
    assert arrowed.count("#") == round(20 * float(scene.fill[3])) > 0


@pytest.mark.parametrize(("model", "reason"), [({"tpm": 10}, "token limit"), ({"mtbf": 0.001, "mttr": 1e6}, "outage")])
def test_why_a_prompt_was_refused(model, reason):
    base = {"price_in": 1, "price_out": 1, "quality_score": 0.8, "step_time": 0.01, "prefill_rate": 1e4}
    first = ModelConfig("first", **base, **model, fallback="second")
    models = [first, ModelConfig("second", **base)]
    env = LLMRouterV1Env(render_mode="ansi", models=models)
    env.reset(seed=0)
    for _ in range(3):
        *_, info = env.step(0)
    assert info["refused"]
    route = scene_of(env.view).last
    assert route.refusal == reason
    assert reason in env.render()
    assert route.served_by == 1


@pytest.mark.parametrize("size", [1, 9])
def test_the_picture_fits_any_fleet(size):
    models = [
        ModelConfig(f"model number {i} of many", 1, 2, 0.8, 0.01, 1e4, mtbf=1.0 if i == 0 else None)
        for i in range(size)
    ]
    env = LLMRouterV1Env(render_mode="rgb_array", models=models)
    env.reset(seed=0)
    before = env.render()
    env.step(0)
    env.step(0)
    picture = env.render()
    assert picture.shape == (154 + 84 + 44 * size, WIDTH, 3)
    assert picture.dtype == np.uint8
    assert (picture != before).any()
    np.testing.assert_array_equal(picture, draw_picture(scene_of(env.view)))


def test_importing_names_both_environments():
    assert {"LLMRouterV1Env", "LLMRouterEnv"} <= set(gym_compat.__all__)
