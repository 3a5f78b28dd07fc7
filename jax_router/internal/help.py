"""The head of a command's `--help`, in lines as wide as the terminal."""

import inspect
import shutil
import textwrap


def head_of_help(flags_type: type) -> str:
    """Return the docstring of a dataclass of flags in lines that fit the terminal.

    tyro breaks what is in its boxes, and joins the lines of the head that do not begin with a space.
    """
    width = shutil.get_terminal_size().columns
    paragraphs = (inspect.getdoc(flags_type) or "").split("\n\n")
    return "\n\n".join(
        textwrap.fill(" ".join(paragraph.split()), width, initial_indent=" ", subsequent_indent=" ")
        for paragraph in paragraphs
    )
