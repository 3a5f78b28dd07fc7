"""The command `python -m router_serving.report decisions.jsonl`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from router_serving.files import write_text
from router_serving.report.log import read_log
from router_serving.report.page import as_page
from router_serving.report.summary import summarize
from router_serving.report.text import as_text
from router_serving.text_table import terminal_width


def main(args: Sequence[str] | None = None) -> None:
    """Print a report; exit with 2 after one line where the file is none of decisions."""
    parser = argparse.ArgumentParser(
        prog="python -m router_serving.report", description="Say what a gateway's decisions came to."
    )
    parser.add_argument("decisions", type=Path, help="the file that the settings name as `decisions`")
    parser.add_argument("--html", type=Path, help="also write a page with plots to this new file")
    parser.add_argument(
        "--latency-sla", type=float, default=10.0, help="count answers as late after so many s (default: %(default)s)"
    )
    parser.add_argument(
        "--ttft-sla",
        type=float,
        default=1.0,
        help="count streams as late that begin after so many s (default: %(default)s)",
    )
    parser.add_argument("--budget", type=float, help="draw what even spending of so many USD would have been")
    given = parser.parse_args(args)
    try:
        parts = [(log, summarize(log, given.latency_sla, given.ttft_sla)) for log in read_log(given.decisions)]
        print("\n\n".join(as_text(summary, terminal_width()) for _, summary in parts))
        if given.html is not None:
            write_text(given.html, as_page(parts, given.budget))
            print(f"\nthe page is {given.html}")
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
