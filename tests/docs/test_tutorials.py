"""The tutorials run from the top, and print what the site shows."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """What each of its cells of code printed."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Kernel is running:UserWarning")
@pytest.mark.parametrize("name", ["first_agent", "one_policy_every_budget"])
def test_a_tutorial_runs_and_prints_as_much_as_the_site_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TUTORIALS.parents[1]))
    shown = nbformat.read(TUTORIALS / f"{name}.ipynb", as_version=4)
    notebook = nbformat.read(TUTORIALS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    for before, now in zip(printed(shown), printed(notebook), strict=True):
        assert before.count("\n") == now.count("\n") > 0
        assert [line.split()[0] for line in before.splitlines()] == [line.split()[0] for line in now.splitlines()]
