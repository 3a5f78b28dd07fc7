"""Signals to stop, noted so that the training loop can check for them and stop where nothing is lost."""

from contextlib import ExitStack
from types import FrameType

from train.cli.errors import Stopped, handled


class Interrupt:
    """While it is entered, the first signal to stop is only noted; a second one raises `Stopped` at once."""

    def __init__(self) -> None:
        """Begin without any signal."""
        self.signal: int | None = None
        """The number of the signal that came; None where none did."""
        self._handlers = ExitStack()

    @property
    def asked(self) -> bool:
        """Whether a signal to stop came."""
        return self.signal is not None

    def __enter__(self) -> "Interrupt":
        """Handle the signals from now on."""
        self._handlers.enter_context(handled(self._ask))
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the former handlers of the signals."""
        self._handlers.close()

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise Stopped(number)
        self.signal = number
