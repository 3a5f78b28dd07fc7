"""`python -m train.evaluate` at toy size, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from router_serving.policy import policy_from_arrays
from router_serving.policy_file import save_policy
from tests.helpers.made_up import an_origin, by_complexity
from train.evaluate import main
from train.index import main as make_index

TOY = ["--episodes", "8", "--tuning-episodes", "1", "--episode-length", "30", "--bound-seconds", "2"]


@pytest.fixture(scope="module")
def policy_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("policy") / "policy.npz"
    save_policy(path, by_complexity())
    return path


def test_json_holds_every_strategy_on_the_same_episodes(policy_path: Path, tmp_path: Path, capsys) -> None:
    main(["--model-path", str(policy_path), *TOY, "--output", str(tmp_path / "results.json")])
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["scenario"] == "default"
    assert results["episodes"] == 8
    strategies = results["strategies"]
    wanted = {"ppo", "random", "round-robin", "greedy-reward", "best mixture, tuned", "always open_source"}
    assert wanted <= set(strategies)
    ppo, blind = strategies["ppo"], strategies["mixture like ppo"]
    assert ppo["reward"]["ci95"][0] < ppo["reward"]["mean"] < ppo["reward"]["ci95"][1]
    assert ppo["difference"]["reward"] == {"mean": 0.0, "ci95": [0.0, 0.0]}
    assert sum(ppo["model_share"].values()) == pytest.approx(1)
    assert ppo["latency_p50"] < ppo["latency_p95"] < ppo["latency_p99"]
    assert strategies["always tier1_small"]["cost_per_1k"] == pytest.approx(3.0, rel=1e-5)
    rewards = {name: strategy["reward"]["mean"] for name, strategy in strategies.items()}
    difference = strategies["random"]["difference"]["reward"]["mean"]
    assert difference == pytest.approx(rewards["random"] - rewards["ppo"], rel=1e-4)
    # Over 240 prompts, a strategy may be lucky and earn more than any does on average.
    assert results["upper_bound"]["value"] == pytest.approx(max(rewards.values()), rel=0.2)
    assert "index policy" in rewards
    saving = results["cost_saving_at_matched_quality"]
    assert saving["mean"] == pytest.approx(1 - ppo["cost_per_1k"] / saving["mixture_cost_per_1k"], rel=1e-4)
    # The mixture is matched in the long run; over 240 prompts it is off by luck alone.
    assert blind["quality"] == pytest.approx(ppo["quality"], abs=0.03)
    printed = capsys.readouterr().out
    assert "it saves" in printed
    assert "least-latency" in printed
    assert printed.splitlines()[-1].startswith("No policy earns more than ")


def test_csv_and_markdown_have_a_row_a_strategy_also_without_a_policy(tmp_path: Path) -> None:
    for ending in ("csv", "md"):
        untuned = [*TOY, "--tuning-episodes", "0", "--scenario", "rush_hour"]
        main([*untuned, "--output", str(tmp_path / f"results.{ending}")])
    with (tmp_path / "results.csv").open() as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert "ppo" not in rows
    assert float(rows["always tier2_small"]["cost_per_1k"]) == pytest.approx(1.0, rel=1e-5)
    assert float(rows["always tier2_small"]["model_share.tier2_small"]) == 1
    markdown = (tmp_path / "results.md").read_text()
    assert markdown.count("\n| ") == len(rows) + 2  # and the bound, which is no strategy
    assert "| no policy earns more than |" in markdown
    assert {float(row["upper_bound"]) for row in rows.values()} == {float(rows["random"]["upper_bound"])}


def test_a_bound_is_left_out_where_there_is_no_time_for_it(capsys) -> None:
    main([*TOY, "--tuning-episodes", "0", "--bound-seconds", "0"])
    assert "no policy earns more than" not in capsys.readouterr().out.lower()


def test_an_index_policy_of_a_file_is_evaluated_like_any_other(tmp_path: Path, capsys) -> None:
    make_index(["--run-dir", str(tmp_path / "index"), "--episode-length", "30"])
    main(["--model-path", str(tmp_path / "index"), *TOY, "--tuning-episodes", "0", "--bound-seconds", "0"])
    assert "index policy of the file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--model-path", "nowhere"], "nowhere: no such file"),
        (["--scenario", "calm"], "the known ones are default, reference"),
        (["--episodes", "0"], "--episodes is 0; it must be a whole number at least 1"),
        (["--output", "results.txt"], "its ending must be one of .json, .csv, .md"),
        (["--output", "no/such/folder.json"], "there is no such folder"),
        (["--output", "there.json"], "that file exists"),
        (["--model-path", "other.npz"], "the policy routes to a, b; this fleet is tier1_large, tier1_small"),
        (["--model-path", "broken.npz"], "not a policy file"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.json").write_text("mine")
    (tmp_path / "broken.npz").write_text("?")
    kernel, bias = np.zeros((6, 2), np.float32), np.zeros(2, np.float32)
    other = policy_from_arrays(an_origin("ab"), [(kernel, bias)], np.zeros(6), np.ones(6), "tanh")
    save_policy(tmp_path / "other.npz", other)
    refuses(main, args, message)
    assert (tmp_path / "there.json").read_text() == "mine"
