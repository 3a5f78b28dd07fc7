"""A config in its three parts: what goes into its file and comes back, and what it refuses."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from train.algorithm.config import (
    GYMNAX_RUN,
    LONG_RUN,
    PRICED_RUN,
    SHORT_RUN,
    Config,
    Learning,
    Problem,
    Run,
    config_from_dict,
    config_to_dict,
    learning_for,
    router_config,
)
from train.cli.flags import ProblemFlags, SeedsFlags, TimestepsFlags
from train.ppo import parse
from train.run.folder import RunDir, read_config

CONFIG = Config(
    Problem(scenario="rush_hour", fleet=Path("/fleet.toml"), budget=3.5, priced=True),
    replace(PRICED_RUN, layer_sizes=(32,), target_kl=0.1),
    Run(seed=4, num_seeds=2, num_devices=1),
)

BEFORE_THE_PARTS = {
    "env": "LLMRouter-v0",
    "scenario": "tight_budget",
    "fleet": "/fleet.toml",
    "trace": None,
    "episode_length": 500,
    "budget": None,
    "seed": 3,
    "num_seeds": 2,
    "num_devices": 1,
    "total_timesteps": 12800,
    "num_envs": 16,
    "num_steps": 8,
    "layer_sizes": [32, 32],
    "activation": "relu",
    "eval_episodes": 2,
}
"""The config.json of a run of the time when a config was one flat record, and there were no priced policies."""


def test_a_config_survives_its_file() -> None:
    assert config_from_dict(json.loads(json.dumps(config_to_dict(CONFIG)))) == CONFIG


def test_no_two_parts_share_a_name() -> None:
    names = [field.name for part in (Problem, Learning, Run) for field in fields(part)]
    assert len(names) == len(set(names)) == len(config_to_dict(CONFIG))


def test_the_file_of_an_older_run_is_read(tmp_path: Path) -> None:
    RunDir(tmp_path).config.write_text(json.dumps(BEFORE_THE_PARTS))
    config = read_config(tmp_path)
    assert config.problem == Problem(scenario="tight_budget", fleet=Path("/fleet.toml"), episode_length=500)
    assert config.run == Run(seed=3, num_seeds=2, num_devices=1, eval_episodes=2)
    expected = Learning(total_timesteps=12800, num_envs=16, num_steps=8, layer_sizes=(32, 32), activation="relu")
    assert config.learning == expected


@pytest.mark.parametrize("text", ['{"num_worlds": 3}', "[1, 2]", "?"])
def test_a_file_that_is_none_of_ours_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    RunDir(tmp_path).config.write_text(text)
    with pytest.raises(ValueError, match=r"config\.json: ") as error:
        read_config(tmp_path)
    assert "\n" not in str(error.value)


def test_a_field_of_another_version_is_named_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"'num_worlds', which this version does not know: go on with the version"):
        config_from_dict({"num_worlds": 3})


def test_how_a_run_learns_follows_from_its_problem_and_its_size() -> None:
    assert learning_for(Problem(), SHORT_RUN) == SHORT_RUN
    assert learning_for(Problem(), replace(SHORT_RUN, num_envs=512)) == LONG_RUN
    assert learning_for(Problem(), replace(SHORT_RUN, total_timesteps=2_000_000)) == LONG_RUN
    assert learning_for(Problem(priced=True), SHORT_RUN) == PRICED_RUN
    assert learning_for(Problem(env="CartPole-v1"), LONG_RUN) == GYMNAX_RUN


def test_a_run_of_a_length_takes_all_else_from_it() -> None:
    flags = ProblemFlags(scenario="rush_hour", budget=3.0)
    config = router_config(flags, TimestepsFlags(3_000_000), SeedsFlags(5, 2))
    assert config.problem == Problem(scenario="rush_hour", budget=3.0)
    assert config.learning == replace(LONG_RUN, total_timesteps=3_000_000)
    assert config.run == Run(seed=5, num_seeds=2)
    assert list(config.run.seeds) == [5, 6]


def test_numbers_that_follow() -> None:
    learning = Learning(total_timesteps=1000, num_envs=16, num_steps=8, num_epochs=3, num_minibatches=2)
    assert (learning.batch_size, learning.num_updates, learning.num_gradient_steps) == (128, 7, 42)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Config(Problem(min_price=2.0)), "--min-price is 2; it is for runs with --priced"),
        (Config(Problem(priced=True, min_price=3.0, max_price=2.0)), "--max-price is 2; it must be .* above 3"),
        (Config(Problem(env="CartPole-v1", episode_length=9)), "--episode-length is for LLMRouter-v0, LLMRouter-v1"),
        (
            Config(Problem(env="CartPole-v1", priced=True)),
            "--priced is for LLMRouter-v0, LLMRouter-v1; --env is CartPole-v1",
        ),
        (Config(run=Run(num_devices=0)), "--num-devices is 0; it must be a whole number at least 1"),
        (Config(run=Run(num_devices=3)), "--num-devices is 3; it must divide --num-envs 64"),
        (
            Config(learning=Learning(num_envs=4, num_steps=1), run=Run(num_devices=2)),
            r"--num-minibatches is 4; it must divide a device's share \(1 / 2\) of one batch",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(config: Config, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config.check()


def test_an_environment_has_settings_of_its_own_and_the_plain_network_keeps_its_usual_ones():
    problem = Problem(env="LLMRouter-v1")
    assert learning_for(problem, SHORT_RUN).network == "shared"
    assert not learning_for(problem, SHORT_RUN).normalize_observations
    assert learning_for(problem, LONG_RUN).num_minibatches == 32
    plain = learning_for(problem, LONG_RUN, plain=True)
    assert (plain.network, plain.layer_sizes, plain.normalize_observations) == ("plain", (64, 64), True)
    assert plain.discount == learning_for(problem, LONG_RUN).discount
    assert learning_for(replace(problem, random_fleets=8), SHORT_RUN).total_timesteps == LONG_RUN.total_timesteps


def test_the_flag_for_the_network_counts_whatever_its_default_is():
    v1 = ["--env", "LLMRouter-v1"]
    assert parse(v1).learning.network == "shared"
    assert parse([*v1, "--network", "plain"]).learning.network == "plain"
    assert parse([]).learning.network == "plain"
