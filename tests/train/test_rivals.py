"""`python -m train.rivals` with policies that are there already, and what its tables say."""

import numpy as np
import pytest

from router_serving.policy_file import save_policy
from tests.helpers.made_up import by_complexity, by_complexity_and_price
from tests.helpers.pictures import check_not_blank
from train.rivals import main
from train.studies.rivals import INDEX, PPO, PRICED, Rivals, lead_rows, leads_in_words, reward_rows


def rivals(**means):
    """Everybody earns their mean, with the same luck; a kind may have several seeds."""
    luck = np.random.default_rng(0).normal(0, 5, 64)
    kinds = {name.replace("_", " "): np.array(mean, np.float64)[:, None] + luck for name, mean in means.items()}
    return Rivals({INDEX: kinds.pop("index")} | kinds, None)


def test_the_command_takes_the_policies_that_are_there(tmp_path, capsys):
    for folder, policy in (("default-ppo", by_complexity()), ("default-priced", by_complexity_and_price())):
        (tmp_path / folder / "seed-0").mkdir(parents=True)
        save_policy(tmp_path / folder / "seed-0" / "policy.npz", policy)
    picture = tmp_path / "bounds.png"
    args = [
        *("--run-dir", str(tmp_path), "--scenarios", "default", "--num-seeds", "1", "--priced-seeds", "1"),
        *("--episodes", "8", "--bound-seconds", "1", "--output", str(picture)),
    ]
    main(args)
    printed = capsys.readouterr().out
    main(args)
    again = capsys.readouterr().out
    assert "measured" not in again  # it is kept
    assert printed[printed.index("8 episodes") :] == again[again.index("8 episodes") :]
    assert "training" not in printed
    assert "| priced policy with the pacer, best of 1 seeds |" in printed
    assert "The index policy earns more than the best seed of PPO on `default`" in printed
    check_not_blank(picture)


def test_who_leads_is_paired_and_told_whoever_wins():
    won = rivals(index=[10.0], PPO=[8.0, 9.0], other=[7.0])
    lost = rivals(index=[10.0], PPO=[8.0, 12.0], other=[7.0])
    results = {"a": won, "b": lost}
    assert won.lead(PPO).mean == pytest.approx(1.5)
    assert won.lead_over_best(PPO).high == pytest.approx(1.0)  # the luck is the same, so that it cancels
    assert reward_rows(results)[2][1:] == [f"{won.mean(PPO):.2f}", f"{lost.mean(PPO):.2f}"]
    assert [row[0] for row in lead_rows(results)[1:]] == ["PPO, mean of its seeds", "PPO, its best seed"]
    assert "best seed of PPO on `a`, less on `b`" in leads_in_words(results)
    assert PRICED not in leads_in_words(results)


def test_a_picture_needs_a_bound(refuses):
    refuses(main, ["--output", "x.png", "--bound-seconds", "0"], "it needs --bound-seconds above 0")


def test_an_unknown_scenario_is_named(refuses):
    refuses(main, ["--scenarios", "calm"], "--scenarios has 'calm'; the known ones are default, reference")
