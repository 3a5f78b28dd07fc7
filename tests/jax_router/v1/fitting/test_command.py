"""`python -m jax_router.fit`: a folder that holds all it promises, and nothing of what it must not."""

import re
import subprocess
import sys

import pytest

from jax_router.fit import main
from jax_router.logs import read_log
from jax_router.v1.fitting.fit import fit_problem
from jax_router.v1.fitting.heldout import CLOSE, CLOSE_BURSTS, compare_held_out
from jax_router.v1.fitting.prices import read_prices
from jax_router.v1.problem import load_problem
from tests.helpers.fitted import GATEWAY, LOG
from tests.helpers.gateway_logs import SECRET

FILES = {
    *("problem.toml", "prompt_tokens.csv", "answer_tokens.csv", "quality.csv", "report.md", "report.html"),
    *("arrivals.png", "tokens.png", "latency.png"),
}


def test_the_folder_holds_everything(fitted_problem):
    folder, printed = fitted_problem
    assert {path.name for path in folder.iterdir()} == FILES
    assert "left out: 30 rows, cache hit" in printed
    assert "This simulator may be used for cost" in printed


def test_no_secret_and_no_text_reaches_it(fitted_problem):
    for path in fitted_problem[0].iterdir():
        content = path.read_bytes()
        for secret in (SECRET, "never read", "request_id"):
            assert secret.encode() not in content, path.name


def test_the_report_needs_nothing_else_and_says_the_same_in_both_forms(fitted_problem):
    html, markdown = ((fitted_problem[0] / name).read_text() for name in ("report.html", "report.md"))
    assert not re.findall(r"(?:src|href)=['\"](?!data:)", html)
    assert html.count("<img") == 3
    numbers = re.findall(r"\| ([+-][\d.]+%) \|", markdown)
    assert len(numbers) > 30
    for number in numbers:
        assert f"<td>{number}</td>" in html


def test_every_number_says_where_it_is_from(fitted_problem):
    lines = (fitted_problem[0] / "problem.toml").read_text().splitlines()
    models = lines[lines.index("[[models]]") :]
    for line in models:
        if " = " in line and not line.startswith("name"):
            assert re.search(r"# .*(log|price file|prior)", line), line


def test_the_held_out_part_comes_out_as_it_was(fitted_problem):
    """The truth of this log is an exact simulation with three endpoints at low load."""
    log = read_log(LOG, scores=GATEWAY / "scores.csv.gz")
    fitted = fit_problem(log, read_prices(GATEWAY / "prices.toml"))
    held_out = compare_held_out(fitted, load_problem(fitted_problem[0]))
    errors = {(row.about, row.what): row for row in held_out.rows}
    for model in log.models:
        for what in ("latency, mean, s", "latency, p95, s", "ttft, mean, s"):
            assert abs(errors[model, what].error) < CLOSE, (model, what)
    assert abs(errors["cost", "USD a day"].error) < 1e-4
    dispersion = errors["arrivals", "dispersion in 60 s"]
    assert abs(dispersion.error) < CLOSE_BURSTS or dispersion.is_expected


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([str(LOG), "--output", "{tmp}"], "that exists, choose another"),
        ([str(LOG), "--output", "{tmp}/a/b"], "there is no folder to make it in"),
        ([str(LOG), "--output", "{tmp}/new", "--rename", "x"], "write OLD=NEW"),
        (["{tmp}/nowhere.csv", "--output", "{tmp}/new"], "nowhere.csv: no such file"),
        ([str(LOG), "--output", "{tmp}/new"], "nothing says how good gpt-large is"),
        ([str(LOG), "--output", "{tmp}/new", "--prices", "{tmp}/none.toml"], "none.toml: no such file"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(args, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([part.format(tmp=tmp_path) for part in args])
    printed = capsys.readouterr().err
    assert stopped.value.code == 2
    assert message in printed
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


LIGHT = """
import sys
from jax_router.fit import main
try:
    main(["--help"])
except SystemExit:
    pass
heavy = {"jax", "duckdb", "scipy", "matplotlib", "pandas", "numpy"} & set(sys.modules)
assert not heavy, heavy
"""


def test_help_loads_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Prompts and answers are never read" in " ".join(done.stdout.split())
