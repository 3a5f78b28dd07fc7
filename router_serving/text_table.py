"""Tables as text, for terminals of any width and for pipes, with the standard library alone."""

import shutil
import sys
from collections.abc import Sequence

GAP = "  "


def text_table(rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Rows under a head: the first column to the left, the others to the right.

    Args:
        rows: the head, and rows of as many cells.
        width: columns that do not fit into so many characters stand below the others, with the first column once more;
            None, for a pipe, takes lines of any length.
    """
    labels, *others = range(len(rows[0]))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    parts, used = [[labels]], widths[labels]
    for i in others:
        used += len(GAP) + widths[i]
        if width is not None and used > width and len(parts[-1]) > 1:
            parts.append([labels])
            used = widths[labels] + len(GAP) + widths[i]
        parts[-1].append(i)
    return "\n\n".join(_lines(rows, part, widths) for part in parts)


def terminal_width() -> int | None:
    """The width of the terminal that standard output is, characters; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _lines(rows: Sequence[Sequence[str]], columns: Sequence[int], widths: Sequence[int]) -> str:
    first, *others = columns
    return "\n".join(
        GAP.join([row[first].ljust(widths[first]), *(row[i].rjust(widths[i]) for i in others)]).rstrip() for row in rows
    )
