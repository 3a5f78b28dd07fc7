"""`python -m train.budgets` over several policies, and the picture of a paced day."""

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from router_serving.policy_file import save_policy
from router_serving.priced_policy import PricedPolicy
from tests.helpers.made_up import by_complexity_and_price, reluctant
from train.budgets import main, priced_policies
from train.pictures.budget_day import draw_price_day
from train.studies.budget_trials import mean_and_range

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
    return row.split("│")[3].strip()


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


def test_a_mean_with_its_range() -> None:
    assert mean_and_range([1.0, 2.0], ".1f") == "1.5 (1.0 to 2.0)"
    assert mean_and_range([1.01, 1.02], ".1f") == "1.0"
    assert mean_and_range([0.5, np.nan], ".1f") == "-"
    assert mean_and_range(np.array([0.99, 0.995]), ".1%") == "99.2% (99.0% to 99.5%)"


def test_policies_of_different_scenarios_are_not_compared(tmp_path: Path, refuses) -> None:
    policy = by_complexity_and_price()
    other = replace(policy, origin=replace(policy.origin, scenario="rush_hour"))
    run = run_of_seeds(tmp_path / "run", {0: by_complexity_and_price(), 1: other})
    refuses(main, ["--model-path", str(run)], "was trained on rush_hour, the first on default")
    refuses(main, ["--model-path", str(tmp_path)], "policy.npz: no such file")


def test_every_model_that_got_a_prompt_is_in_the_legend() -> None:
    action = np.full(1000, 1, np.int32)
    action[700] = 3
    figure = draw_price_day(
        np.full(1000, 30, np.float32), np.linspace(1.5, 0, 1000, dtype=np.float32), action, list("abcd"), "default"
    )
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert [text.get_text() for legend in legends for text in legend.get_texts()] == ["b", "d"]
    figure.draw_without_rendering()
    (legend,) = legends
    bars = [axes.get_window_extent() for axes in figure.axes]
    assert not any(legend.get_window_extent().overlaps(bar) for bar in bars)
    assert isinstance(figure, mpl.figure.Figure)
