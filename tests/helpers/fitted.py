"""The problem that the page of logs fits, made once and read by many tests."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from filelock import FileLock

from jax_router.fit import main

GATEWAY = Path(__file__).parents[2] / "docs" / "gateway"
"""The small made-up log of the site, its scores and its prices."""
LOG = GATEWAY / "spend_logs.csv.gz"


def fitted_once(folder: Path) -> tuple[Path, str]:
    """The problem in `folder`, and what the command printed. The first process fits it while the others wait."""
    printed = folder.with_suffix(".txt")
    with FileLock(folder.with_suffix(".lock")):
        if not printed.exists():
            flags = ["--scores", GATEWAY / "scores.csv.gz", "--prices", GATEWAY / "prices.toml", "--output", folder]
            with redirect_stdout(StringIO()) as output:
                main([str(LOG), *map(str, flags)])
            printed.write_text(output.getvalue())
    return folder, printed.read_text()
