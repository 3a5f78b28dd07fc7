"""One policy for any fleet from the command line: trained on random ones, tried on others, served for one's own."""

import json

import numpy as np
import pytest

from router_serving import for_fleet, load_policy
from tests.helpers.runs import SMALL
from train import evaluate, ppo

pytestmark = pytest.mark.slow

RANDOM = ("--env", "LLMRouter-v1", "--random-fleets", "4")


def test_train_on_random_fleets_and_evaluate_on_others(tmp_path, capsys):
    run = tmp_path / "run"
    ppo.main([*SMALL, *RANDOM, "--run-dir", str(run)])
    assert "models that it never saw" in capsys.readouterr().out
    policy = load_policy(run)
    assert policy.origin.models == ()
    assert for_fleet(policy, ["a", "b"]).act(np.full(23, 0.5)).shape == ()
    output = tmp_path / "fleets.json"
    few = ["--episodes", "1", "--tuning-episodes", "0", "--output", str(output)]
    evaluate.main(["--model-path", str(run), "--fleets", "2", *few])
    assert len(json.loads(output.read_text())["policy"]) == 2
    assert "On 2 fleets" in capsys.readouterr().out
    # Its own fleet is any: here the preset one, at a scenario.
    evaluate.main(["--model-path", str(run), "--episodes", "2", "--tuning-episodes", "0", "--episode-length", "20"])
    assert "ppo" in capsys.readouterr().out


def test_flags_that_do_not_go_together(refuses, tmp_path):
    refuses(ppo.main, ["--random-fleets", "4"], "LLMRouter-v0 has no ranges to draw fleets from")
    refuses(ppo.main, [*RANDOM, "--budget", "3"], "--budget is for one fleet; --random-fleets is 4")
    refuses(ppo.main, [*RANDOM, "--priced"], "--priced is for one fleet; --random-fleets is 4")
    refuses(ppo.main, ["--env", "CartPole-v1", "--random-fleets", "4"], "--random-fleets is for LLMRouter-v0")
    refuses(evaluate.main, ["--fleets", "3"], "--model-path is missing")
    refuses(
        ppo.main,
        ["--network", "shared", "--no-normalize-observations"],
        "an observation of LLMRouter-v0 has no row for each model",
    )
    refuses(ppo.main, ["--network", "shared"], "add --no-normalize-observations")
