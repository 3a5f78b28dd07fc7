"""From a log to a folder with a problem and its report, which appears as a whole or not at all."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from jax_router.logs import read_log
from jax_router.v1.fitting.document import as_html, as_markdown
from jax_router.v1.fitting.fit import fit_problem
from jax_router.v1.fitting.heldout import compare_held_out, verdict
from jax_router.v1.fitting.pictures import draw
from jax_router.v1.fitting.prices import read_prices
from jax_router.v1.fitting.problem_file import folder_of
from jax_router.v1.fitting.report import report_of
from jax_router.v1.problem import load_problem


def fit_folder(
    log: Path,
    output: Path,
    *,
    prices: Path | None = None,
    scores: Path | None = None,
    quality: Path | None = None,
    category: str | None = None,
    rename: Mapping[str, str] | None = None,
) -> None:
    """Fit a problem to a log, write its folder, and print what was read, what is odd, and the verdict.

    Raises what `jax_router.logs.read_log`, `read_prices` and `fit_problem` raise; then there is no folder.
    """
    given = {} if prices is None else read_prices(prices)
    requests = read_log(log, rename=rename, category=category, scores=scores)
    print(f"{log}: {requests.format}, {len(requests):,} answered requests to {', '.join(requests.models)}")
    for why, count in requests.dropped.items():
        print(f"left out: {count:,} rows, {why}")
    fitted = fit_problem(requests, given, quality)
    for remark in fitted.remarks:
        print(f"note: {remark}")
    beside = output.with_name(f".{output.name}.{uuid4().hex[:8]}.part")
    beside.mkdir()
    try:
        for name, text in folder_of(fitted, log.name, rename or {}, category).items():
            (beside / name).write_text(text, encoding="utf-8")
        held_out = compare_held_out(fitted, load_problem(beside))
        pictures = draw(fitted, held_out)
        blocks = report_of(fitted, held_out, log.name)
        (beside / "report.md").write_text(as_markdown(blocks), encoding="utf-8")
        (beside / "report.html").write_text(as_html(blocks, pictures), encoding="utf-8")
        for name, picture in pictures.items():
            (beside / name).write_bytes(picture)
        beside.rename(output)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    print(verdict(held_out, fitted))
    print(f"written: {output / 'problem.toml'}, its tables, {output / 'report.html'}, {output / 'report.md'}")
