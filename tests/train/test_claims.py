"""`python -m train.claims` at toy size."""

from pathlib import Path

import pytest

from train.claims import main

TOY = [
    *("--env", "LLMRouter-v0", "--scenarios", "default", "--num-seeds", "2", "--priced-seeds", "1"),
    *("--short-timesteps", "4096", "--long-timesteps", "32768", "--priced-timesteps", "16384"),
    *("--fresh-seeds", "2", "--episodes", "4", "--tuning-episodes", "1", "--bound-seconds", "2"),
]


@pytest.mark.slow
def test_claims_are_written_down_whether_they_hold_or_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After 4,096 steps no agent is good: the page has to say so, and the command ends with 1."""
    with pytest.raises(SystemExit) as exit_info:
        main([*TOY, "--output", str(tmp_path / "RESULTS.md"), "--picture", str(tmp_path / "images" / "seeds.png")])
    assert exit_info.value.code == 1
    page = (tmp_path / "RESULTS.md").read_text()
    assert "DOES NOT HOLD: 0 of 2 seeds earn more than every static" in page
    assert page.count("| ppo, seed 1 |") == 1
    assert page.count("| no policy earns more than |") == 1
    assert "holds: No strategy is above the upper bound of its scenario; the best is within" in page
    assert "DOES NOT HOLD: With the pacer and 10 USD on `default`, 0 of 1 priced policies earn at least 394.7" in page
    assert "holds: No episode of a pacer spent a cent over its budget" in page
    assert "| mean reward | `default`, 10 USD |" in page
    assert "DOES NOT HOLD: Of 2 fresh seeds (1000 to 1001) on `default`, 0 earn more than greedy-reward" in page
    assert "![How good the agents of fresh seeds are, with the rules as lines](images/seeds.png)" in page
    assert (tmp_path / "images" / "seeds.png").stat().st_size > 10_000
    assert "DOES NOT HOLD: 0 of 2 seeds earn more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-seeds", "0"], "--num-seeds is 0; it must be a whole number at least 1"),
        (["--env", "LLMRouter-v2"], "--env is 'LLMRouter-v2'; it must be LLMRouter-v0 or LLMRouter-v1"),
        (["--short-timesteps", "9"], "--short-timesteps is 9; it must be a whole number at least 1024"),
        (["--tuning-episodes", "0"], "--tuning-episodes is 0; it must be a whole number at least 1"),
        (["--fresh-seeds", "-1"], "--fresh-seeds is -1; it must be a whole number at least 0"),
        (["--picture", "seeds.svg"], "--picture is seeds.svg; it must end in .png"),
        (["--scenarios", "calm"], "--scenarios names 'calm'; those that are measured are default"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses
) -> None:
    monkeypatch.chdir(tmp_path)
    refuses(main, args, message)
    assert list(tmp_path.iterdir()) == []
