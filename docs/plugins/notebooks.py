"""Notebooks as pages of the site: MkDocs reads a tutorial as Markdown, and checks its links like all others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


class Notebook(File):
    """An .ipynb file that is a page."""

    def is_documentation_page(self) -> bool:
        return True

    @property
    def content_string(self) -> str:  # type: ignore[override]  # nobody sets what a notebook says
        notebook = json.loads(Path(self.src_dir or ".", self.src_uri).read_text(encoding="utf-8"))
        return "\n\n".join(text for cell in notebook["cells"] for text in markdown_of(cell))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """MkDocs calls this with all that lies in docs/, before it looks for pages."""
    for file in list(files):
        if file.src_uri.endswith(".ipynb"):
            files.remove(file)
            files.append(Notebook(file.src_uri, file.src_dir, file.dest_dir, file.use_directory_urls))
    return files


def markdown_of(cell: dict[str, Any]) -> Iterator[str]:
    """A cell's text as it is; its code and all that it printed as blocks, its pictures as pictures."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    outputs = cell["outputs"]
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    if printed:
        yield f"```{{.text .printed}}\n{printed.rstrip()}\n```"
    for output in outputs:
        picture = output.get("data", {}).get("image/png")
        if picture:
            yield f"![what this draws](data:image/png;base64,{''.join(picture).replace(chr(10), '')})"
