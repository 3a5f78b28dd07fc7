"""`python -m train.specialists` at toy size, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest

from router_serving.policy import policy_from_arrays
from router_serving.policy_file import save_policy
from tests.helpers.made_up import an_origin, by_complexity_and_price
from tests.helpers.pictures import check_not_blank
from train.specialists import main

TOY = ["--total-timesteps", "1024", "--episode-length", "20", "--num-agents", "2", "--episodes", "4"]


def test_the_command_prints_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_policy(tmp_path / "policy.npz", by_complexity_and_price())
    picture = tmp_path / "new" / "priced.png"
    main(["--model-path", str(tmp_path / "policy.npz"), *TOY, "--num-seeds", "2", "--output", str(picture)])
    check_not_blank(picture)
    printed = capsys.readouterr().out
    for words in ("\n0.3 ", "\n3,000 ", "agent for the price", f"written: {picture}"):
        assert words in printed


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-agents", "1"], "--num-agents is 1; it must be a whole number at least 2"),
        (["--num-seeds", "0"], "--num-seeds is 0; it must be a whole number at least 1"),
        (["--episodes", "1"], "--episodes is 1; it must be a whole number at least 2"),
        (["--seed", "-1"], "--seed is -1; it must be a whole number at least 0"),
        (["--total-timesteps", "9"], "--total-timesteps is 9; it must be at least one batch"),
        (["--model-path", "plain.npz"], "plain.npz: that policy was trained without --priced"),
        (["--model-path", "nowhere"], "nowhere: no such file"),
        (["--fleet", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--output", "picture.pdf"], "--output is picture.pdf; it must end in .png or .svg"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses
) -> None:
    monkeypatch.chdir(tmp_path)
    save_policy("priced.npz", by_complexity_and_price())
    layer = np.zeros((9, 2), np.float32), np.zeros(2, np.float32)
    save_policy("plain.npz", policy_from_arrays(an_origin("ab"), [layer], np.zeros(9), np.ones(9), "tanh"))
    path = [] if "--model-path" in args else ["--model-path", "priced.npz"]
    refuses(main, [*path, *args], message)
    assert {file.name for file in tmp_path.iterdir()} == {"priced.npz", "plain.npz"}
