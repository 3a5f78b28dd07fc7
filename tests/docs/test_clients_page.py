"""The table of clients on the site is made from the tests: a row for each test file that names its client."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "clients"


def named_clients() -> set[str]:
    """The rows that the files in tests/clients stand for; they are read, not imported, since no client is needed."""
    rows = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CLIENT":
                client = ast.literal_eval(node.value)
                rows.add(f"| {client['name']} | {client['tried']} | {client['takes']} | {client['does']} |")
    return rows


def test_the_page_has_the_rows_of_the_tests() -> None:
    page = (ROOT / "docs" / "clients.md").read_text().splitlines()
    rows = {line for line in page if line.startswith("| ") and not line.startswith("| client ")}
    assert rows == named_clients()
    assert len(rows) >= 10


def test_every_slow_client_has_its_job() -> None:
    workflow = (ROOT / ".github" / "workflows" / "clients.yml").read_text()
    (jobs,) = [line for line in workflow.splitlines() if "matrix: {client:" in line]
    listed = set(jobs.split("[")[1].split("]")[0].split(", "))
    assert listed == {path.stem.removeprefix("test_") for path in (TESTS / "more").glob("test_*.py")}
