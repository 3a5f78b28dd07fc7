"""What is in flight and what is owed: a lease for every call from its decision to its bill, whatever is heard of it.

A gateway tells of a call in no reliable order, sometimes twice and sometimes never. A lease is counted as in flight
until the first word of its end, and what it may cost is held back until its bill comes, or word that there will be
none. A bill counts once, and always: also after its lease was given up.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

PENDING = 5.0
"""How long a decision is waited for to become a call, s."""
REMEMBERED = 10_000
"""Calls whose ends are remembered, so that what is heard late or twice of them changes nothing."""


@dataclass(eq=False, slots=True)
class Lease:
    """One call, or a decision that will become one."""

    key: Hashable
    """What the gateway knows the call by."""
    model: int
    held: float
    """What it may cost at most, USD."""
    tokens: float
    """Tokens that its answer is expected to have."""
    note: Any
    """What the caller wants to have back at the end."""
    period: int
    """The number of the budget's period that pays for it."""
    began: float
    """Monotonic clock, s."""
    after: float
    """Wall clock, s: what is heard of an attempt that began earlier is of the one before, which had the same key."""
    in_flight: bool
    """Whether it counts among the model's requests."""
    is_call: bool
    """False until the decision has become a call."""
    watch: Any = None
    """What has to live as long as the lease, and no longer."""


class Ledger:
    """The leases of N models and the money of one period. Many threads may use it."""

    def __init__(
        self,
        num_models: int,
        deadline: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`deadline`, s: a call of which nothing is heard for so long is taken for over."""
        self.requests = np.zeros(num_models)
        """(N,) calls and decisions in flight."""
        self.tokens = np.zeros(num_models)
        """(N,) tokens that their answers are expected to have."""
        self.period = 0
        """The number of the budget's period."""
        self.spent = 0.0
        """USD that were billed to this period."""
        self._deadline, self._clock, self._wall = deadline, clock, wall
        self._lock = threading.RLock()
        self._leases: dict[Hashable, Lease] = {}  # by key, the oldest first
        self._closed: OrderedDict[Hashable, float] = OrderedDict()  # when a key's last lease ended, wall clock
        self._billed: OrderedDict[Hashable, None] = OrderedDict()

    @property
    def held(self) -> float:
        """What the open leases of this period may cost, USD."""
        with self._lock:
            return sum(lease.held for lease in self._leases.values() if lease.period == self.period)

    @property
    def open_leases(self) -> int:
        """Calls and decisions whose bills have not come."""
        with self._lock:
            return len(self._leases)

    def open(
        self, key: Hashable, model: int, held: float, tokens: float, note: Any, *, is_call: bool, counts: bool = True
    ) -> Lease | None:
        """Begin a lease; None, and nothing changes, where the key has one already.

        With `counts` False it stands for nothing in flight, as a decision does that will not be followed.
        """
        with self._lock:
            if key in self._leases:
                return None
            after = self._closed.get(key, float("-inf"))
            lease = Lease(key, model, held, tokens, note, self.period, self._clock(), after, counts, is_call)
            self._enter(lease)
            return lease

    def become_call(self, lease: Lease, key: Hashable, model: int, held: float) -> Lease | None:
        """Turn a decision into the call that was made of it, at whichever model; None where the key has a lease."""
        with self._lock:
            self._leave(lease)
            return self.open(key, model, held, lease.tokens, lease.note, is_call=True)

    def find(self, key: Hashable) -> Lease | None:
        """The open lease of a key."""
        return self._leases.get(key)

    def finish(self, key: Hashable) -> None:
        """The answer is there: the call is in flight no more; its bill is still to come."""
        with self._lock:
            lease = self._leases.get(key)
            if lease is not None:
                self._land(lease)

    def settle(self, key: Hashable, cost: float, attempt: float) -> Lease | None:
        """Book a bill, USD, of the attempt that began at this wall clock, s, once; returned is the lease it ends."""
        with self._lock:
            bill = (key, attempt)
            if bill in self._billed:
                return None
            _remember(self._billed, bill, None)
            lease = self._leases.get(key)
            if lease is not None and attempt < lease.after:
                lease = None
            if lease is None or lease.period == self.period:
                self.spent += cost
            return None if lease is None else self._close(lease)

    def release(self, key: Hashable, attempt: float = float("inf")) -> Lease | None:
        """End a lease that owes nothing; one that began after that attempt, wall clock in s, is left alone."""
        with self._lock:
            lease = self._leases.get(key)
            return None if lease is None or attempt < lease.after else self._close(lease)

    def give_up(self, lease: Lease) -> Lease | None:
        """End this very lease, and no later one with the same key; None where it has ended."""
        with self._lock:
            return self._close(lease) if self._leases.get(lease.key) is lease else None

    def expire(self) -> list[Lease]:
        """End the leases of which nothing was heard for too long, and return them."""
        with self._lock:
            now, over = self._clock(), []
            for lease in self._leases.values():  # the oldest first
                if now - lease.began < min(PENDING, self._deadline):
                    break
                if now - lease.began >= (self._deadline if lease.is_call else PENDING):
                    over.append(lease)
            return [self._close(lease) for lease in over]

    def begin_period(self, period: int, spent: float = 0.0) -> None:
        """Begin another period; calls that are open are paid by the one that they began in."""
        with self._lock:
            self.period, self.spent = period, spent

    def _enter(self, lease: Lease) -> None:
        self._leases[lease.key] = lease
        if lease.in_flight:
            self.requests[lease.model] += 1
            self.tokens[lease.model] += lease.tokens

    def _land(self, lease: Lease) -> None:
        if lease.in_flight:
            lease.in_flight = False
            self.requests[lease.model] -= 1
            left = self.tokens[lease.model] - lease.tokens
            self.tokens[lease.model] = left if self.requests[lease.model] else 0.0  # sums of floats drift

    def _leave(self, lease: Lease) -> None:
        if self._leases.get(lease.key) is lease:
            del self._leases[lease.key]
            self._land(lease)

    def _close(self, lease: Lease) -> Lease:
        self._leave(lease)
        lease.watch = None
        if lease.is_call:
            _remember(self._closed, lease.key, self._wall())
        return lease


def _remember(ends: OrderedDict[Hashable, Any], key: Hashable, value: Any) -> None:
    ends[key] = value
    ends.move_to_end(key)
    while len(ends) > REMEMBERED:
        ends.popitem(last=False)
