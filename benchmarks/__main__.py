"""The command `python -m benchmarks` runs all benchmarks, each in its own process, and writes benchmarks/RESULTS.md."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Report, Target, target_rows
from router_serving.files import write_text
from train.cli.command import parse_flags
from train.cli.console import console, markdown_table, print_sentences, terminal_table
from train.cli.errors import one_line_errors, stop

ROOT = Path(__file__).parents[1]
COMMANDS = ("env", "gym", "ppo", "serving", "scaling", "bounds")
PICTURES = {"scaling": Path("docs/images/scaling.png"), "bounds": Path("docs/images/bounds_of_speed.png")}
"""The pictures that some of them draw; the paths start at the root of the repository."""
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
NO_ACCELERATOR = "no GPU was at hand"


@dataclass(frozen=True)
class Arguments:
    """Run every benchmark, and write what they found, with the targets, to benchmarks/RESULTS.md."""

    quick: bool = False
    """Repeat little and briefly, to check that everything runs, and write nothing: the numbers are not to be quoted."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; exit with 2 after one line for bad input, with 1 where a benchmark failed."""
    arguments = parse_flags("benchmarks", Arguments, args)
    started = time.perf_counter()
    with one_line_errors(), TemporaryDirectory() as folder:
        flags = {name: _flags(name, arguments.quick) for name in COMMANDS}
        reports = [run_benchmark(name, flags[name], Path(folder)) for name in COMMANDS]
        page = results_page(reports, time.perf_counter() - started)
        if not arguments.quick:
            write_text(RESULTS, page, replace=True)
    targets = [target for report in reports for target in report.targets]
    out = console()
    out.print(terminal_table("targets of all benchmarks", target_rows(targets)))
    if not arguments.quick:
        print_sentences(out, f"written: {RESULTS}; measured on a GPU, this file is all that you have to send back")


def run_benchmark(name: str, flags: Sequence[str], folder: Path) -> Report:
    """Run one command in its own process, and read the report it wrote into `folder`; exit with 1 where it fails."""
    output = folder / f"{name}.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", *flags, "--output", str(output)]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        stop(f"error: {' '.join(command[1:3])} failed, see above", 1)
    return Report.from_json(output.read_text())


def results_page(reports: Sequence[Report], seconds: float) -> str:
    """Return the whole page in Markdown: the machine, every target with what was measured, and every table."""
    targets = [target for report in reports for target in report.targets]
    here = [target for target in targets if target.where == "cpu"]
    accelerator = [target for target in targets if target.where == "accelerator"]
    parts = [
        "# Speed\n",
        f"Written by `make bench` in {seconds / 60:.0f} minutes, on {reports[0].machine}.\n",
        "Rivals ran in turns, in one process, and were compared turn by turn; rates and ratios are medians over the "
        "turns, with the range beside them. Compiling was timed by itself and is in no rate.\n",
        "## Targets on a 2-core CPU\n",
        markdown_table(target_rows(here)),
        "## Aims on an accelerator\n",
        markdown_table([["benchmark", "measured", "aim"], *map(_accelerator_row, accelerator)]),
        *(report.markdown for report in reports),
        f"![Steps per second against environments, models and seeds](../{PICTURES['scaling']})\n",
        f"![What bounds each benchmark](../{PICTURES['bounds']})\n",
    ]
    return "\n".join(parts)


def _accelerator_row(target: Target) -> list[str]:
    benchmark, _, measured, wanted, *_ = target.row
    return [benchmark, measured or NO_ACCELERATOR, wanted]


def _flags(name: str, quick: bool) -> list[str]:
    if quick:
        return ["--quick"]
    return ["--picture", str(PICTURES[name])] if name in PICTURES else []


if __name__ == "__main__":
    main()
