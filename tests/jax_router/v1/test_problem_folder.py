"""A problem in a folder: what `make_params` makes of it, what may be changed by hand, and what is wrong with it."""

import re
from shutil import copytree

import gymnasium as gym
import numpy as np
import pytest

import gym_compat
from jax_router import versions
from jax_router.v1 import RewardConfig, Traffic, load_problem, make_params, reset

assert gym_compat


@pytest.fixture
def folder(fitted_problem, tmp_path):
    """A copy that may be changed."""
    return copytree(fitted_problem[0], tmp_path / "problem")


def changed(folder, old, new, count=1):
    path = folder / "problem.toml"
    text, times = re.subn(old, new, path.read_text(), count=count, flags=re.MULTILINE)
    assert times == count
    path.write_text(text)
    return folder


def test_the_numbers_of_the_folder_are_those_of_the_parameters(folder, key):
    params = make_params(problem=folder)
    np.testing.assert_allclose(params.fleet.price_in, [2.5, 0.15, 0.05])
    np.testing.assert_allclose(params.fleet.token_limit, [30_000, 200_000, 1e9])
    np.testing.assert_allclose(params.engines.step_time, [0.013, 0.008, 0.0097], rtol=0.02)
    assert params.quality.mean.shape == (3, 3)
    assert params.traffic.load.shape == (24,)
    assert float(params.traffic.lengths.mean_input) == pytest.approx(1155, rel=0.05)
    observation, _ = reset(key, params)
    assert observation.shape == (9 * 3 + 5,)


def test_a_number_that_is_changed_by_hand_counts(folder):
    changed(folder, r"^step_time = \S+", "step_time = 0.5")
    changed(folder, r"^cost_weight = \S+", "cost_weight = 77")
    params = make_params(problem=folder / "problem.toml")
    assert float(params.engines.step_time[0]) == 0.5
    assert float(params.reward.cost_weight) == 77


def test_what_is_given_replaces_what_the_problem_says(folder):
    params = make_params(
        problem=folder, budget=3, reward=RewardConfig(cost_weight=5), traffic=Traffic.synthetic("code")
    )
    assert (float(params.budget), float(params.reward.cost_weight)) == (3, 5)
    assert float(params.traffic.lengths.mean_output) == pytest.approx(28.1, abs=0.1)
    assert float(params.arrivals.rate) == 6, "traffic of one's own brings its own arrivals"
    read = load_problem(folder)
    assert make_params(problem=read, models=read.models[:2]).num_models == 2
    with pytest.raises(ValueError, match="leave the scenario out"):
        make_params("outages", problem=folder)


def test_gymnasium_takes_it(folder):
    env = gym.make("LLMRouter-v1", problem=str(folder), episode_length=5)
    observation, _ = env.reset(seed=0)
    assert observation.shape == (32,)
    assert env.unwrapped.problem.model_names == ("gpt-large", "gpt-mini", "llama-8b")
    assert env.step(2)[4]["model_name"] == "llama-8b"


def test_which_environment_it_is_of(folder):
    assert versions.environment_of(folder) == versions.environment_of(folder / "problem.toml") == "LLMRouter-v1"
    assert versions.load_problem(folder).model_names == ("gpt-large", "gpt-mini", "llama-8b")
    with pytest.raises(ValueError, match="LLMRouter-v0 has no problem"):
        versions.load_problem(changed(folder, '^environment = "[^"]*"', 'environment = "LLMRouter-v0"'))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('^environment = "[^"]*"', 'environment = "LLMRouter-v9"', "environment is 'LLMRouter-v9'"),
        (r"^\[settings\]", "[setting]", "unknown key 'setting'"),
        (r"^rate = \S+", "rates = 3", r"\[settings\] has the unknown key 'rates'"),
        (r"^rate = \S+", "rate = -3", "rate is -3"),
        (r"^cost_weight = \S+", "cost = 3", r"\[reward\] has the unknown key 'cost'"),
        (r"^step_time = \S+", "step_time = 0", "step_time of 'gpt-large' is 0"),
        (r"^step_time = \S+", "step = 0", "unknown key 'step'"),
        (r"^prompts = ", "prompt = ", r"\[traffic\] has the unknown key 'prompt'"),
        (r'^"chat" = ', '"chats" = ', r"\[quality.weights\] names chats, code, math"),
        (r"^load = .*$", "load = [0, 0]", "load is"),
        (r"^price_in = ", "price_in = = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(folder, old, new, message):
    with pytest.raises(ValueError, match=message):
        make_params(problem=changed(folder, old, new))


def test_a_table_that_is_none_is_named(folder):
    (folder / "prompt_tokens.csv").write_text("probability,tokens\n0,5\n1,4\n")
    with pytest.raises(ValueError, match=r"prompt_tokens.csv has the shape \(2,\)"):
        load_problem(folder)
    with pytest.raises(FileNotFoundError):
        load_problem(folder / "nowhere")
