"""`python -m train.frontier` at toy size, and what it refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.pictures import check_not_blank
from train.frontier import main
from train.studies.hull import average_improvement_in_quality, non_decreasing_hull

TOY = ["--total-timesteps", "1024", "--episode-length", "20", "--num-weights", "3", "--episodes", "4"]
TOY += ["--bound-seconds", "1"]


def test_the_command_prints_draws_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, numbers = tmp_path / "new" / "frontier.png", tmp_path / "frontier.json"
    main([*TOY, "--output", str(picture), "--json", str(numbers)])
    check_not_blank(picture)
    written = json.loads(numbers.read_text())
    assert [agent["cost_weight"] for agent in written["agents"]] == pytest.approx([1, 1000**0.5, 1000])
    costs = {name: model["cost_per_1k"] for name, model in written["models"].items()}
    expected = {"tier1_large": 30, "tier1_small": 3, "tier2_large": 15, "tier2_small": 1, "open_source": 0.5}
    assert costs == pytest.approx(expected, rel=1e-5)
    assert written["models"]["tier1_small"]["model_share"]["tier1_small"] == 1

    aiq, hulls = written["aiq"], {}
    for name, scores in (("agents", written["agents"]), ("models", written["models"].values())):
        points = np.array([(score["cost_per_1k"], score["quality"]) for score in scores])
        hulls[name] = non_decreasing_hull(*points.T)
    low, high = written["cost_range"]
    assert (low, high) == (hulls["agents"].costs[0], hulls["agents"].costs[-1])
    for name, hull in hulls.items():
        assert aiq[name] == pytest.approx(average_improvement_in_quality(hull, low, high))

    everybody = [*written["agents"], *written["models"].values()]
    best = max(score["reward"]["mean"] for score in everybody)
    assert written["upper_bound"]["value"] == pytest.approx(best, rel=0.3)  # four episodes may be lucky
    printed = capsys.readouterr().out
    assert "no policy earns more than" in printed
    assert re.search(rf"agents {aiq['agents']:.4f}, mixtures .* {aiq['models']:.4f}\.", printed)
    for name in ("agent, cost weight 31.6", "always open_source", f"written: {picture}", f"written: {numbers}"):
        assert name in printed


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-weights", "1"], "--num-weights is 1; it must be a whole number at least 2"),
        (["--min-cost-weight", "0"], "--min-cost-weight is 0; it must be a finite number above 0"),
        (["--max-cost-weight", "1"], "--max-cost-weight is 1; it must be a finite number above 1"),
        (["--episodes", "1"], "--episodes is 1; it must be a whole number at least 2"),
        (["--total-timesteps", "9"], "--total-timesteps is 9; it must be at least one batch"),
        (["--scenario", "calm"], "the known ones are default, reference, rush_hour"),
        (["--fleet", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--output", "picture.pdf"], "--output is picture.pdf; it must end in .png or .svg"),
        (["--json", "nowhere/numbers.json"], "--json is nowhere/numbers.json; there is no such folder"),
        (["--json", "."], "--json is .; that file exists, choose another"),
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
    refuses(main, args, message)
    assert list(tmp_path.iterdir()) == []
