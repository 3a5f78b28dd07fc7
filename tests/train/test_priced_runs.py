"""Runs with --priced: from the command to a policy file, and what the other commands say of it."""

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from router_serving import PricedPolicy, load_policy, save_policy
from tests.helpers.made_up import by_complexity_and_price
from tests.helpers.runs import Run
from train.algorithm.config import PRICED_RUN
from train.budgets import main as budgets_main
from train.evaluate import main as evaluate_main
from train.ppo import main, parse


@pytest.fixture(scope="module")
def policy() -> PricedPolicy:
    return by_complexity_and_price()


def test_the_flags_have_defaults_of_their_own() -> None:
    assert parse(["--priced"]).learning == PRICED_RUN
    assert PRICED_RUN.total_timesteps == 4_000_000


def test_a_run_ends_with_a_priced_policy(priced_run: Run, tmp_path: Path, capsys) -> None:
    run = Path(copytree(priced_run.folder, tmp_path / "run"))
    policy = load_policy(run)
    assert isinstance(policy, PricedPolicy)
    assert policy.act(np.zeros((3, 9), np.float32), 10.0).shape == (3,)
    assert json.loads((run / "config.json").read_text())["priced"]
    main(["--resume", str(run)])  # it is done: the report again
    printed = capsys.readouterr().out
    assert printed.count("always tier2_small") == priced_run.printed.count("always tier2_small")
    for strategy in ("PPO, paced", "PPO, price 0.3", "PPO, price 10,000", "always tier2_small"):
        assert strategy in printed


def test_evaluate_shows_it_with_and_without_the_pacer(priced_run: Run, tmp_path: Path, capsys) -> None:
    output = tmp_path / "results.json"
    args = ["--episodes", "4", "--tuning-episodes", "0", "--episode-length", "30", "--bound-seconds", "0"]
    evaluate_main(["--model-path", str(priced_run.folder), *args, "--output", str(output)])
    strategies = json.loads(output.read_text())["strategies"]
    assert {"ppo, paced", "ppo, price 0.3", "mixture like ppo, paced"} <= set(strategies)
    assert strategies["ppo, paced"]["difference"]["reward"]["mean"] == 0


def test_budgets_beside_hindsight(tmp_path: Path, policy, capsys) -> None:
    save_policy(tmp_path / "policy.npz", policy)
    picture = tmp_path / "day.png"
    args = ["--budgets", "1.2", "--episodes", "2", "--picture", str(picture)]
    budgets_main(["--model-path", str(tmp_path / "policy.npz"), *args])
    printed = capsys.readouterr().out
    for wrong in ("as planned", "first price x 0.1", "first price x 10", "budget halved", "load doubled"):
        assert printed.count(wrong) == 1
    assert picture.exists()
    assert picture.with_suffix(".svg").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--min-price", "1", "--max-price", "0.5", "--priced"],
            "--max-price is 0.5; it must be a finite number above 1",
        ),
        (["--min-price", "0", "--priced"], "--min-price is 0"),
        (["--max-price", "7"], "--max-price is 7; it is for runs with --priced"),
        (["--priced", "--env", "CartPole-v1"], "--priced is for LLMRouter-v0"),
        (["--priced", "--budget", "0.4"], "1000 prompts cost 0.5 USD at the cheapest model: it must be at least that"),
        (["--resume", "RUN", "--no-priced"], "that run is priced: it is told the price of money"),
    ],
)
def test_bad_input_is_one_line_and_status_2(priced_run: Run, args: list[str], message: str, refuses) -> None:
    refuses(main, [arg.replace("RUN", str(priced_run.folder)) for arg in args], message)


def test_an_unpriced_run_does_not_become_priced(trained_run: Run, refuses) -> None:
    message = "that run is not priced: it is never told the price of money"
    refuses(main, ["--resume", str(trained_run.folder), "--priced"], message)
