"""`python -m train.index` at toy size, and what it refuses."""

import numpy as np
import pytest

from router_serving import IndexPolicy, load_policy
from train.index import main

SHORT = ["--episode-length", "30"]


def test_a_policy_file_that_serves(tmp_path, capsys):
    main(["--run-dir", str(tmp_path / "new" / "run"), "--scenario", "rush_hour", *SHORT])
    policy = load_policy(tmp_path / "new" / "run")
    assert isinstance(policy, IndexPolicy)
    assert policy.origin.scenario == "rush_hour"
    assert policy.act(np.full((3, 9), 0.2)).shape == (3,)
    assert policy.start(budget=1.0, prompts=30).route(np.full(9, 0.2)).expected_cost < 1
    assert "no budget binds" in capsys.readouterr().out


def test_a_budget_that_binds_is_told(tmp_path, capsys):
    main(["--run-dir", str(tmp_path), "--budget", "0.045", *SHORT])
    assert "a dollar is worth a reward of" in capsys.readouterr().out
    assert load_policy(tmp_path).price > 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--seconds", "-1"], "--seconds is -1; it must be a finite number at least 0"),
        (["--scenario", "calm"], "--scenario is 'calm'; the known ones are default, reference"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path, refuses, args, message):
    refuses(main, ["--run-dir", str(tmp_path / "run"), *args], message)
    assert not (tmp_path / "run").exists()


def test_nothing_is_overwritten(tmp_path, refuses):
    (tmp_path / "policy.npz").write_text("mine")
    refuses(main, ["--run-dir", str(tmp_path)], "that file exists, choose another")
    assert (tmp_path / "policy.npz").read_text() == "mine"
