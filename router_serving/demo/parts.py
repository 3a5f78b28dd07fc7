"""The decisions of a demo, in shadow and routed: what a simulator is fitted to, and what it has to foresee."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from router_serving.files import write_text

PAUSE = timedelta(seconds=20)
"""Two runs of one strategy are at least so far apart: the other strategies have their turns between them."""
JOIN = timedelta(seconds=0.2)
"""What is left of a pause in shadow: about as much as between two prompts."""


def write_parts(decisions: Path) -> tuple[Path, Path]:
    """Write `shadow.jsonl` and `routed.jsonl` beside a file of decisions, and return their paths.

    In shadow, pauses between runs are cut out: a fit would take them for the traffic's. Raises `FileExistsError` where
    one of the files is there already.
    """
    lines = [json.loads(line) for line in decisions.read_text(encoding="utf-8").splitlines()]
    lines.sort(key=lambda line: str(line["timestamp"]))
    shadow = _without_pauses([line for line in lines if line["mode"] == "shadow"])
    routed = [line for line in lines if line["mode"] == "route"]
    written = []
    for name, part in (("shadow", shadow), ("routed", routed)):
        path = decisions.with_name(f"{name}.jsonl")
        write_text(path, "".join(json.dumps(line) + "\n" for line in part))
        written.append(path)
    return written[0], written[1]


def _without_pauses(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """The lines, in the order of their times, with what is more than `JOIN` of each pause left out."""
    times = [datetime.fromisoformat(str(line["timestamp"])) for line in lines]
    saved = [timedelta(0)]
    for before, after in pairwise(times):
        saved.append(saved[-1] + (after - before - JOIN if after - before > PAUSE else timedelta(0)))
    moved = zip(lines, times, saved, strict=True)
    return [line | {"timestamp": (time - less).isoformat(timespec="milliseconds")} for line, time, less in moved]
