"""Commands in a pseudo-terminal of a given size: what a person would see, as text."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence

CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07)")
"""What a program sends to colour text, to move the cursor, and to hide it."""


def in_terminal(args: Sequence[str], columns: int, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run Python with `args` in a terminal of `columns`; return the exit status, and all that was sent to it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    left_out = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PYTEST_CURRENT_TEST"}
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    env |= {"TERM": "xterm-256color", **(variables or {})}
    process = subprocess.Popen([sys.executable, *args], stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    sent = bytearray()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the last process has closed the terminal
            break
        if not part:
            break
        sent += part
    os.close(ours)
    return process.wait(timeout=60), sent.decode()


def lines_of(sent: str) -> list[str]:
    """Return the lines that were shown, without colours; a line that was written over others counts as well."""
    return re.split(r"[\r\n]+", CONTROL.sub("", sent))
