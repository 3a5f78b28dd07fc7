"""The tutorials run from the top, and print as many lines about the same things as the site shows."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
SHORTER = {
    "first_agent": {
        "config, env = Config()": "from train.algorithm.config import Learning\n"
        "config, env = Config(learning=Learning(total_timesteps=2048))",
        "256, params": "8, params",
    },
    "one_policy_every_budget": {"total_timesteps=600_000": "total_timesteps=8192", "64, params": "8, params"},
}
"""What the test runs instead of some of the code, by tutorial: less of the same."""


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """What each of its cells of code printed."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]


def shortened(notebook: nbformat.NotebookNode, shorter: dict[str, str]) -> nbformat.NotebookNode:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for long, short in shorter.items():
        assert any(long in cell.source for cell in code), long
        for cell in code:
            cell.source = cell.source.replace(long, short)
    return notebook


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Kernel is running:UserWarning")
@pytest.mark.parametrize("name", sorted(SHORTER))
def test_a_tutorial_runs_and_prints_as_much_as_the_site_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TUTORIALS.parents[1]))
    shown = nbformat.read(TUTORIALS / f"{name}.ipynb", as_version=4)
    notebook = shortened(nbformat.read(TUTORIALS / f"{name}.ipynb", as_version=4), SHORTER[name])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    for before, now in zip(printed(shown), printed(notebook), strict=True):
        assert before.count("\n") == now.count("\n") > 0
        assert [line.split()[0] for line in before.splitlines()] == [line.split()[0] for line in now.splitlines()]


def test_every_tutorial_is_tried() -> None:
    assert sorted(file.stem for file in TUTORIALS.glob("*.ipynb")) == sorted(SHORTER)
