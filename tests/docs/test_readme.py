"""Every Python snippet of README runs, in the order of the page, beside the files that the page shows."""

import json
import re
from pathlib import Path
from shutil import copytree

import pytest

from tests.helpers.runs import Run
from train.evaluate import main as evaluate
from train.ppo import parse

README = (Path(__file__).parents[2] / "README.md").read_text()


BY_PRICE_SWEEP = (
    "| budget, USD | as planned | first price wrong by a factor of 10 | half taken away in the middle "
    "| load doubled in the middle |"
)
"""Head of the table that `train.budgets` printed."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, trained_run: Run, priced_run: Run) -> Path:
    """A folder with what the page tells the reader to have: a fleet, a trace and two runs."""
    folder = tmp_path_factory.mktemp("readme")
    (fleet,) = blocks("toml")
    (folder / "fleet.toml").write_text(fleet)
    (folder / "trace.csv").write_text("TIMESTAMP,ContextTokens\n2023-11-16 18:15:46,374\n2023-11-16 18:15:50,396\n")
    copytree(trained_run.folder, folder / "runs" / "my-run")
    copytree(priced_run.folder, folder / "runs" / "my-priced-run")
    return folder


# What needs Stable-Baselines3 runs in tests/clients.
SNIPPETS = [snippet for snippet in blocks("python") if "stable_baselines3" not in snippet]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda text: text.strip().splitlines()[-1][:40])
def test_snippet_runs(snippet: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    exec(compile(snippet, "README.md", "exec"), {"__name__": "readme"})


@pytest.mark.parametrize(("title", "num_lines"), [("Results", 16), ("One policy for every budget", 5)])
def test_results_are_those_of_the_results_file(title: str, num_lines: int) -> None:
    """No number in the tables of README that `make claims` did not write; it tells where others come from."""
    results = (Path(__file__).parents[2] / "RESULTS.md").read_text()
    section = README.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith(("| ", "- holds", "- DOES"))]
    lines = lines[: [*lines, BY_PRICE_SWEEP].index(BY_PRICE_SWEEP)]
    assert len(lines) >= num_lines
    for line in lines:
        assert line in results


def test_the_documented_json_has_the_keys_of_a_real_one(workplace: Path) -> None:
    (documented,) = (json.loads(block) for block in blocks("json"))
    output = workplace / "results.json"
    toy = ["--episodes", "2", "--tuning-episodes", "0", "--output", str(output)]
    evaluate(["--model-path", str(workplace / "runs" / "my-run"), *toy])
    real = json.loads(output.read_text())
    assert documented.keys() == real.keys()
    assert documented["strategies"]["ppo"].keys() == real["strategies"]["ppo"].keys()


@pytest.mark.parametrize("line", [line for line in "".join(blocks("bash")).splitlines() if "train.ppo" in line])
def test_training_command_parses(line: str) -> None:
    args = line.split("train.ppo")[1].split("#")[0].split()
    if "--help" not in args and "--resume" not in args:
        parse(args)
