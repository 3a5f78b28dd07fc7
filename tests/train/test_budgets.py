"""`python -m train.budgets` over several policies."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from router_serving.policy_file import save_policy
from router_serving.priced_policy import PricedPolicy
from tests.helpers.made_up import by_complexity_and_price, reluctant
from train.budgets import main, priced_policies

TOY = ["--budgets", "1.2", "--no-trouble", "--episodes", "2"]


def run_of_seeds(folder: Path, policies: dict[int, PricedPolicy]) -> Path:
    """What train.ppo --num-seeds leaves behind."""
    for seed, policy in policies.items():
        (folder / f"seed-{seed}").mkdir(parents=True)
        save_policy(folder / f"seed-{seed}" / "policy.npz", policy)
    return folder


def rewards(printed: str) -> str:
    """The reward's cell of the one trial."""
    (row,) = [line for line in printed.splitlines() if "as planned" in line]
    return re.split(r" {2,}", row)[2]


def test_of_several_policies_the_mean_and_the_range(tmp_path: Path, capsys) -> None:
    run = run_of_seeds(tmp_path / "run", {9: by_complexity_and_price(), 10: reluctant()})
    alone = []
    for seed in (9, 10):
        main(["--model-path", str(run / f"seed-{seed}"), *TOY])
        alone.append(float(rewards(capsys.readouterr().out)))
    assert alone[0] != alone[1]
    main(["--model-path", str(run), *TOY])
    printed = capsys.readouterr().out
    assert "2 policies: mean (least to most)" in printed
    mean, low, _, high = rewards(printed).replace("(", "").replace(")", "").split()
    assert [float(low), float(high)] == sorted(alone)
    assert float(mean) == pytest.approx(np.mean(alone), abs=0.1)


def test_seeds_come_in_their_order_and_files_beside_them(tmp_path: Path) -> None:
    policy = by_complexity_and_price()
    plans = {seed: policy.plan._replace(prompts_per_day=100.0 + seed) for seed in (10, 9, 1)}
    different = {seed: replace(policy, plan=plan) for seed, plan in plans.items()}
    run = run_of_seeds(tmp_path / "run", different)
    found = priced_policies([run / "seed-10" / "policy.npz", run])
    assert [policy.plan.prompts_per_day for policy in found] == [110, 101, 109, 110]


def test_policies_of_different_scenarios_are_not_compared(tmp_path: Path, refuses) -> None:
    policy = by_complexity_and_price()
    other = replace(policy, origin=replace(policy.origin, scenario="rush_hour"))
    run = run_of_seeds(tmp_path / "run", {0: by_complexity_and_price(), 1: other})
    refuses(
        main,
        ["--model-path", str(run)],
        "was trained on rush_hour of LLMRouter-v0, the first on default of LLMRouter-v0",
    )
    refuses(main, ["--model-path", str(tmp_path)], "policy.npz: no such file")
