"""SIGINT as a question that the loop asks, so that it stops where nothing is lost."""

import signal
from types import FrameType
from typing import Any


class Interrupt:
    """While it is entered, the first SIGINT sets `asked`; a second one raises `KeyboardInterrupt` as usual."""

    def __init__(self) -> None:
        """Nothing asked yet."""
        self.asked = False
        self._usual: Any = None

    def __enter__(self) -> "Interrupt":
        """Take over SIGINT."""
        self._usual = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        """Give SIGINT back."""
        signal.signal(signal.SIGINT, self._usual)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self._usual)
