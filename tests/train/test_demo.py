"""`python -m train.demo` at toy size, and what it refuses."""

from pathlib import Path

import pytest

from tests.helpers.pictures import check_not_blank
from train.demo import main

pytestmark = pytest.mark.slow

TOY = ["--total-timesteps", "2048", "--episode-length", "20", "--num-seeds", "2", "--num-weights", "2"]
TOY_PRICED = ["--priced-timesteps", "16384", "--separate-timesteps", "1024"]


def test_the_command_draws_six_pictures_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*TOY, *TOY_PRICED, "--episodes", "4", "--tuning-episodes", "0", "--output-dir", str(tmp_path / "docs")])
    printed = capsys.readouterr().out
    for name in ("learning", "choices", "frontier", "day", "price", "priced_frontier"):
        picture = tmp_path / "docs" / f"{name}.png"
        check_not_blank(picture)
        assert f"written: {picture}, {picture.with_suffix('.svg')}" in printed
    assert len(list((tmp_path / "docs").iterdir())) == 12
    for strategy in ("agent for the price", "PPO, seed ", "greedy-reward", "always tier2_small", "round-robin"):
        assert strategy in printed


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-seeds", "0"], "--num-seeds is 0; it must be a whole number at least 1"),
        (["--num-weights", "1"], "--num-weights is 1; it must be a whole number at least 2"),
        (["--episodes", "1"], "--episodes is 1; it must be a whole number at least 2"),
        (["--tuning-episodes", "-1"], "--tuning-episodes is -1; it must be a whole number at least 0"),
        (["--scenario", "calm"], "--scenario is 'calm'"),
        (["--priced-timesteps", "9"], "--priced-timesteps is 9; it must be a whole number at least 16384"),
        (["--separate-timesteps", "9"], "--separate-timesteps is 9; it must be a whole number at least 1024"),
        (["--budget", "0.4"], "1000 prompts cost 0.5 USD at the cheapest model"),
        (["--output-dir", "file/docs"], "file/docs"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refuses,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    refuses(main, args, message)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
