"""Everything that README and the site show is tried: snippets run, commands parse, numbers are those of RESULTS.md."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from shutil import copytree
from textwrap import dedent

import pytest

from tests.helpers.runs import Run
from train.evaluate import main as evaluate
from train.ppo import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TRACE = "TIMESTAMP,ContextTokens\n2023-11-16 18:15:46,374\n2023-11-16 18:15:50,396\n"
ELSEWHERE = "stable_baselines3"
"""What needs Stable-Baselines3 runs in tests/clients."""


def blocks(page: Path, language: str, title: str = "") -> list[str]:
    """The code of a page in a language, in lists too; what has a title is a file, and is not among the others."""
    header = language + (f' title="{title}"' if title else "")
    found = re.finditer(rf"^( *)```{header}\n(.*?)^\1```", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [dedent(block[2]) for block in found]


@pytest.fixture(scope="module")
def workplace(
    tmp_path_factory: pytest.TempPathFactory, trained_run: Run, priced_run: Run, fitted_problem: tuple[Path, str]
) -> Path:
    """A folder with what the pages tell the reader to have: a fleet, a trace, two runs and a fitted problem."""
    folder = tmp_path_factory.mktemp("reader")
    (fleet,) = blocks(ROOT / "docs" / "fleet.md", "toml")
    (folder / "fleet.toml").write_text(fleet)
    (folder / "trace.csv").write_text(TRACE)
    copytree(trained_run.folder, folder / "runs" / "my-run")
    copytree(priced_run.folder, folder / "runs" / "my-priced-run")
    copytree(fitted_problem[0], folder / "my-gateway")
    return folder


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: str(page.relative_to(ROOT))
)
def test_snippets_run_in_the_order_of_the_page(page: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    names: dict[str, object] = {"__name__": "reader"}
    for snippet in blocks(page, "python"):
        if ELSEWHERE not in snippet:
            exec(compile(snippet, str(page), "exec"), names)


COMMANDS = sorted(
    {
        line.split("#")[0].strip()
        for page in PAGES
        for block in blocks(page, "bash")
        for line in block.splitlines()
        if line.startswith("python -m ")
    }
)


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_parse(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every flag that a page shows is one, and its value is taken."""
    _, _, module, *args = line.split()
    command = import_module(f"{module}.__main__" if module in ("benchmarks", "router_serving.report") else module)
    if module == "train.ppo":
        if "--help" not in args and "--resume" not in args:
            parse(args)
        return
    parsed: list[object] = []
    if module.startswith("router_serving"):  # where NumPy is all there is, flags are argparse's
        parse_args = ArgumentParser.parse_args

        def parse_and_stop(self: ArgumentParser, given: list[str] | None = None) -> None:
            parsed.append(parse_args(self, given))
            raise Parsed

        monkeypatch.setattr(ArgumentParser, "parse_args", parse_and_stop)

    def only_parse(flags_type: type, *, args: list[str] | None = None, **settings: object) -> None:
        parsed.append(tyro_cli(flags_type, args=args, **settings))
        raise Parsed

    import tyro

    tyro_cli: Callable[..., object] = tyro.cli
    monkeypatch.setattr(tyro, "cli", only_parse)
    with pytest.raises(Parsed):
        command.main(args)
    assert len(parsed) == 1


class Parsed(Exception):
    """The flags were fine; the work itself is tested elsewhere."""


def row_of(cells: list[str], header: list[str], results: str) -> bool:
    """Whether a row of RESULTS.md has these cells under these headers."""
    columns: list[str] = []
    for line in results.splitlines():
        if not line.startswith("| "):
            continue
        found = [cell.strip() for cell in line.strip("|").split("|")]
        if set(header) <= set(found):
            columns = found
        elif set(header) <= set(columns) and [found[columns.index(name)] for name in header] == cells:
            return True
    return False


@pytest.mark.parametrize(
    ("page", "section", "num_rows", "written"),
    [
        ("README.md", "Results", 5, "RESULTS.md"),
        ("README.md", "Budgets", 3, "RESULTS.md"),
        ("docs/budgets.md", "What it earns", 4, "RESULTS.md"),
        ("docs/evaluating.md", "What comes out", 3, "RESULTS.md"),
        ("docs/speed.md", "Some rows", 10, "benchmarks/RESULTS.md"),
    ],
)
def test_tables_are_those_of_the_results_files(page: str, section: str, num_rows: int, written: str) -> None:
    """`make claims` and `make bench` wrote every number."""
    results = (ROOT / written).read_text()
    text = (ROOT / page).read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    tables = [line for line in text.splitlines() if line.startswith("|")]
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables]
    assert len(rows) == num_rows
    for cells in rows:
        assert row_of(cells, header, results), cells


def test_claims_are_those_of_the_results_file() -> None:
    results = (ROOT / "RESULTS.md").read_text()
    claims = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("- holds")]
    assert len(claims) == 2
    for line in claims:
        assert line in results


def test_the_documented_json_has_the_keys_of_a_real_one(workplace: Path) -> None:
    (documented,) = (json.loads(block) for block in blocks(ROOT / "docs" / "evaluating.md", "json"))
    output = workplace / "results.json"
    toy = ["--episodes", "2", "--tuning-episodes", "0", "--bound-seconds", "0", "--output", str(output)]
    evaluate(["--model-path", str(workplace / "runs" / "my-run"), *toy])
    real = json.loads(output.read_text())
    assert documented.keys() == real.keys()
    assert documented["strategies"]["ppo"].keys() == real["strategies"]["ppo"].keys()


def test_the_recipe_of_a_command_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (text,) = blocks(ROOT / "docs" / "extending.md", "python", title="train/shares.py")
    (tmp_path / "shares.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    command = import_module("shares")
    command.main(["--episodes", "2", "--episode-length", "20"])
    assert "tier2_small" in capsys.readouterr().out


def test_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.count("\n") <= 190
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (ROOT / target).exists(), target
