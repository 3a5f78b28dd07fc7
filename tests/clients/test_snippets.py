"""The snippets of README and the site that need Stable-Baselines3; tests/docs runs all others."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SNIPPETS = [code for page in PAGES for code in BLOCK.findall(page.read_text()) if "stable_baselines3" in code]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippet_runs(snippet: str) -> None:
    names: dict[str, object] = {"__name__": "reader"}
    exec(compile(snippet, "page", "exec"), names)
    assert names["model"].num_timesteps == 2048  # type: ignore[attr-defined]


def test_there_is_one() -> None:
    assert len(SNIPPETS) >= 1
