"""A budget for each period: what is left of it, what can be paid, and how it outlasts a restart."""

import json
import math
import os
import threading
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from router_serving.clock import SECONDS_PER_DAY
from router_serving.files import write_text
from router_serving.gateway.ledger import Ledger
from router_serving.gateway.others import Others
from router_serving.policy import Policy
from router_serving.priced_policy import PricedPolicy
from router_serving.session import Session, Ticket

EPOCH = datetime(1970, 1, 1)
"""From it on, the periods of a time zone are counted, by what the clocks there show."""


def period_at(seconds: float, length: float, zone: ZoneInfo) -> tuple[int, float]:
    """The number of the period, of so many s, that a Unix time is in, and its share that has passed.

    Periods begin at midnight of the zone, or whole hours after it. Where clocks are set, a period is longer or shorter.
    """
    local = (datetime.fromtimestamp(seconds, zone).replace(tzinfo=None) - EPOCH).total_seconds()
    number = math.floor(local / length)
    return number, local / length - number


class Budget:
    """What a group may spend in a period. Without a budget it only counts. Many threads may use it."""

    def __init__(
        self,
        ledger: Ledger,
        policy: Policy,
        amount: float | None,
        length: float,
        zone: ZoneInfo,
        file: Path | None,
        now: float,
        others: Others,
    ) -> None:
        """`amount` is USD a period of `length` s, and `now` a Unix time. Raises `ValueError` for a state file that is
        damaged."""
        self.amount = amount
        self._ledger, self._policy, self._length, self._zone = ledger, policy, length, zone
        self._file, self._others = file, others
        self._lock = threading.RLock()
        self._looked = int(now)  # when it was last looked which period it is, Unix time, s
        self.session: Session | None = None
        period = period_at(now, length, zone)[0]
        ledger.begin_period(period, max(self._restored(period), others.inherited(period)))
        self._begin_session(now)

    @property
    def spent(self) -> float:
        """USD that this worker was billed in this period."""
        return self._ledger.spent

    @property
    def free(self) -> float:
        """USD that no bill has taken and no open call holds; infinite without a budget."""
        if self.amount is None:
            return math.inf
        return self.amount - self._ledger.spent - self._ledger.held - self._others.money(self._ledger.period)

    @property
    def left(self) -> float:
        """The share of the budget that no bill has taken, 0 .. 1; 1 without a budget."""
        if self.amount is None:
            return 1.0
        return min(max(self._unspent(self.amount) / self.amount, 0.0), 1.0)

    def roll(self, now: float) -> None:
        """Begin the period that a Unix time is in, if it is a later one."""
        if int(now) == self._looked:  # periods begin at whole seconds
            return
        self._looked = int(now)
        number, _ = period_at(now, self._length, self._zone)
        with self._lock:
            if number > self._ledger.period:
                self._ledger.begin_period(number)
                self._begin_session(now)

    def save(self) -> None:
        """Write what was spent to the state file, if there is one. What open calls hold counts as spent after a
        restart: they may be billed, and nobody will be there to hear of it."""
        if self._file is not None:
            with self._lock:
                state = {"period": self._ledger.period, "spent": self._ledger.spent + self._ledger.held}
            write_text(self._file, json.dumps(state), replace=True)

    def charge(self, ticket: Ticket | None, cost: float) -> None:
        """Tell the pacer what its prompt cost, USD: as if each of the other workers had one that cost as much."""
        if self.session is not None and ticket is not None and ticket.session == self.session.id:
            self.session.charge(ticket, cost * self._others.workers())

    def cancel(self, ticket: Ticket | None) -> None:
        """Tell the pacer that its prompt owes nothing, if it was not charged."""
        if self.session is not None and ticket is not None and ticket in self.session.open_tickets:
            self.session.cancel(ticket)

    def pace(self, observation: np.ndarray, allowed: np.ndarray, costs: np.ndarray, now: float) -> Ticket | None:
        """Have the pacer choose a model, (N,) USD being what this prompt is expected to cost; None: nothing is left.

        With several workers each paces the whole budget as if its own prompts were those of all.
        """
        if self.session is None:
            return None
        try:
            return self.session.route(observation, allowed, seconds=now, costs=costs * self._others.workers())
        except ValueError as error:
            if "budget is spent" in str(error):
                return None
            raise

    def _unspent(self, amount: float) -> float:
        return amount - self._ledger.spent - self._others.money(self._ledger.period)

    def _restored(self, now_period: int) -> float:
        """What the state file says was spent in this period, USD."""
        if self._file is None or not self._file.exists():
            return 0.0
        try:
            state = json.loads(self._file.read_text(encoding="utf-8"))
            period, spent = int(state["period"]), float(state["spent"])
            if not math.isfinite(spent) or spent < 0:
                raise ValueError(f"spent is {spent}")
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self._file}: not what a gateway saved: {error}; remove it to begin anew") from None
        return spent if period == now_period else 0.0

    def _begin_session(self, now: float) -> None:
        """The pacer of a priced policy: what is left, for the rest of the period."""
        if self.amount is None or not isinstance(self._policy, PricedPolicy):
            return
        _, passed = period_at(now, self._length, self._zone)
        days = max((1.0 - passed) * self._length, 1.0) / SECONDS_PER_DAY
        try:
            self.session = self._policy.start(max(self._unspent(self.amount), 0.0), days=days, after=self.session)
        except ValueError:  # it pays for no prompt at all
            self.session = None


def state_file(folder: Path | None, group: str, worker: int) -> Path | None:
    """Where a worker keeps what it spent for a group; None without a folder. The folder is made."""
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{group.replace(os.sep, '_')}-{worker}.json"
