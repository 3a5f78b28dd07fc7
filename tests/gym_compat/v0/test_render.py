"""What `render` shows, and the recording that the README holds."""

import subprocess
import sys
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image

from gym_compat import DEFAULT_MODELS, LLMRouterEnv, ModelConfig
from gym_compat.record import Recording, record
from gym_compat.v0.picture import WIDTH, draw_picture
from gym_compat.v0.scene import scene_of
from gym_compat.v0.text import draw_text
from jax_router.v0 import observation as layout


def an_episode(render_mode, steps=30, **settings):
    env = gym.make("LLMRouter-v0", render_mode=render_mode, **settings)
    env.reset(seed=1)
    for _ in range(steps):
        *_, info = env.step(1)
    return env, info


def test_the_text_shows_the_fleet_the_day_the_budget_and_the_last_route():
    env, info = an_episode("ansi", scenario="rush_hour")
    text = env.render()
    assert "rush_hour" in text
    assert "prompt 30 of 1000" in text
    assert f"budget {info['budget_remaining']:.4f} of 10.00 USD" in text
    for model in DEFAULT_MODELS:
        assert f"{model.name} " in text
        assert f"{model.cost_per_call:.4f}" in text
    sla = "missed" if info["sla_violated"] else "held"
    assert f"last route: tier1_small for 0.0030 USD in {info['latency']:.2f} s (SLA 1 s {sla})" in text
    (arrowed,) = [line for line in text.splitlines() if line.startswith(">")]
    assert arrowed.split()[1] == "tier1_small"
    assert arrowed.count("#") == round(24 * float(scene_of(env.unwrapped.view).fill[1])) > 0


def test_the_scene_is_the_observation():
    env = LLMRouterEnv(max_queue_depth=20.0)
    env.reset(seed=0)
    for action in (1, 1, 1, 0):
        observation = env.step(action)[0]
    scene = scene_of(env.view)
    np.testing.assert_allclose(scene.fill, observation[layout.queues(5)], rtol=1e-6)
    prompt = observation[[layout.LENGTH, layout.COMPLEXITY]]
    np.testing.assert_allclose([scene.length, scene.complexity], prompt)
    day_and_budget = observation[[layout.time_of_day(5), layout.budget(5)]]
    np.testing.assert_allclose([scene.time_of_day, scene.budget_remaining / 10], day_and_budget, rtol=1e-6)
    assert scene.latency_now[1] == pytest.approx(0.5 * (1 + 2 * observation[layout.queue(1)]), rel=1e-5)
    assert replace(scene, time_of_day=0.99999).clock == "23:59"


@pytest.mark.parametrize("size", [1, 12])
def test_the_picture_fits_any_fleet(size):
    models = [ModelConfig(f"a model with a very long name {i}", 0.001, 0.5, 0.1, 0.8) for i in range(size)]
    env = LLMRouterEnv(models=models, render_mode="rgb_array")
    env.reset(seed=0)
    picture = env.render()
    height, width, channels = picture.shape
    assert (width, channels, picture.dtype) == (WIDTH, 3, np.uint8)
    assert height % 2 == width % 2 == 0  # as video formats want them


def test_the_picture_follows_the_state():
    env, _ = an_episode("rgb_array", steps=1)
    before = env.render()
    for _ in range(20):
        env.step(1)
    after = env.render()
    assert (before != after).any()
    scene = scene_of(env.unwrapped.view)
    np.testing.assert_array_equal(draw_picture(scene), after)
    held, missed = (draw_picture(replace(scene, last=replace(scene.last, sla_violated=it))) for it in (False, True))
    assert (held != missed).any()
    assert "missed" in draw_text(replace(scene, last=replace(scene.last, sla_violated=True)))


def test_nothing_is_drawn_before_the_reset_or_without_a_mode():
    with pytest.raises(gym.error.ResetNeeded, match=r"call reset\(\) first"):
        LLMRouterEnv(render_mode="ansi").render()
    env = LLMRouterEnv()
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="make the environment with render_mode='ansi' or 'rgb_array'"):
        assert env.render() is None


def test_a_recording_has_a_frame_for_every_prompt(tmp_path):
    path = tmp_path / "new" / "episode.gif"
    assert record(Recording(path, steps=6)) == 7
    with Image.open(path) as image:
        assert (image.n_frames, image.width) == (7, WIDTH)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "x"], "scenario is 'x'"),
        (["--steps", "0"], "steps is 0; it must be a whole number at least 1"),
        (["a.mp4"], "must end in .gif"),
    ],
)
def test_a_recording_that_cannot_be_is_one_line_and_status_2(arguments, message):
    command = [sys.executable, "-m", "gym_compat.record", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
