"""What a worker knows of the others: their load, their money, and how many they are."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import numpy as np

from router_serving.gateway.ledger import Ledger


class Others(Protocol):
    """The other workers of one model group. Nothing here waits longer than a few ms."""

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Their requests in flight and the tokens of their answers, (N,) each."""

    def money(self, period: int) -> float:
        """USD that they have spent and hold back in a period."""

    def inherited(self, period: int) -> float:
        """USD of this period that a worker spent, or held back, whose place this one has taken."""

    def workers(self) -> int:
        """How many workers there are, this one included."""

    def publish(self, ledger: Ledger) -> None:
        """Tell them one's own."""

    def exclusive(self) -> AbstractContextManager[bool]:
        """While it is entered, nobody else decides about money; it yields False where that could not be had soon."""


class Alone:
    """There are no others."""

    def __init__(self, num_models: int) -> None:
        self._nothing = np.zeros(num_models)
        self._always = nullcontext(True)

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Nothing."""
        return self._nothing, self._nothing

    def money(self, period: int) -> float:
        """Nothing."""
        return 0.0

    def inherited(self, period: int) -> float:
        """Nothing."""
        return 0.0

    def workers(self) -> int:
        """One."""
        return 1

    def publish(self, ledger: Ledger) -> None:
        """There is nobody to tell."""

    def exclusive(self) -> AbstractContextManager[bool]:
        """It always is."""
        return self._always
