"""The workers of several hosts see each other through Redis: never on a request's way, but a few times a second.

Each worker keeps a row in one hash, which the others read whole. What was spent in a period is a number of its own,
that every worker adds to. Where Redis is gone, a worker counts alone, says so once, and adds what it owes when Redis is
back.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import numpy as np

from router_serving.gateway.ledger import Ledger

SILENT = 2.0
"""A worker whose row has not changed for so many s counts for nothing."""
KEPT = 2
"""How many periods Redis keeps what was spent in one."""
TIMEOUT = 0.5
"""How long Redis may take to answer, s."""


def connect(url: str) -> Any:
    """A client of the operator's own redis package; raises `ValueError` where there is none."""
    try:
        import redis
    except ImportError:
        raise ValueError("share is 'redis'; that needs its client: pip install redis") from None
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


class RedisShare:
    """One worker's place in Redis. `exchange` is called by a thread that may wait."""

    def __init__(
        self,
        client: Any,
        identity: str,
        groups: Mapping[str, tuple[int, int, float]],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`groups` are numbers of models, of the periods that it is now, and their lengths, s; `warn` is told once when
        Redis is gone."""
        self._client, self._warn, self._clock = client, warn, clock
        self._prefix = f"router_serving:{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        self.id = uuid4().hex
        self._beats = 0
        self._seen: dict[str, tuple[int, float]] = {}  # of each worker, the last beat and when it came
        self._gone = False
        self.groups = {name: RedisGroup(*given) for name, given in groups.items()}

    def exchange(self) -> None:
        """Tell Redis one's own, and ask for the others'."""
        try:
            self._exchange()
        except Exception as error:  # whatever a client raises: Redis is no reason to stop
            if not self._gone:
                self._warn(f"Redis is gone, and each worker counts alone until it is back: {error}")
            self._gone = True
            for group in self.groups.values():
                group.forget_others()

    def close(self) -> None:
        """Take one's row away."""
        try:
            self._client.hdel(f"{self._prefix}:workers", self.id)
        except Exception:  # it is silent soon anyway
            return

    def _exchange(self) -> None:
        self._beats += 1
        row = {name: group.row() for name, group in self.groups.items()}
        pipe = self._client.pipeline(transaction=False)
        pipe.hset(f"{self._prefix}:workers", self.id, json.dumps({"beat": self._beats, "groups": row}))
        pipe.hgetall(f"{self._prefix}:workers")
        owed = {}
        for name, group in self.groups.items():
            period, amount = group.owed()
            key = f"{self._prefix}:{name}:{period}"
            owed[name] = (period, amount)
            pipe.incrbyfloat(key, amount)
            pipe.expire(key, int(KEPT * group.length) + 1)
        answers = pipe.execute()
        rows = self._alive(answers[1])
        for i, (name, group) in enumerate(self.groups.items()):
            group.told(*owed[name], float(answers[2 + 2 * i]), [one[name] for one in rows if name in one])
        self._gone = False

    def _alive(self, found: Mapping[bytes, bytes]) -> list[dict[str, Any]]:
        now, rows = self._clock(), []
        for key, value in found.items():
            worker, row = key.decode(), json.loads(value)
            last, since = self._seen.get(worker, (-1, now))
            if row["beat"] != last:
                since = now
            self._seen[worker] = (row["beat"], since)
            if worker != self.id and now - since < SILENT:
                rows.append(row["groups"])
            elif worker != self.id and now - since > 30 * SILENT:
                self._client.hdel(f"{self._prefix}:workers", worker)
        return rows


class RedisGroup:
    """`Others` of one group, as Redis last told. Many threads may use it."""

    def __init__(self, num_models: int, period: int, length: float) -> None:
        self.length = length
        self._count = num_models
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None
        self._period = period
        self._flushed = 0.0  # of our own spending in this period, what Redis has
        self._total = 0.0  # what Redis says that all have spent in this period
        self.forget_others()

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """See `Others.load`."""
        return self._requests, self._tokens

    def money(self, period: int) -> float:
        """See `Others.money`; it is as old as the last exchange."""
        with self._lock:
            if period != self._period:
                return 0.0
            return max(0.0, self._total - self._flushed) + self._held

    def inherited(self, period: int) -> float:
        """Redis keeps what was spent: nothing is taken over."""
        return 0.0

    def workers(self) -> int:
        """See `Others.workers`."""
        return self._workers

    def publish(self, ledger: Ledger) -> None:
        """See `Others.publish`; it goes out with the next exchange."""
        self._ledger = ledger

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Over several hosts nobody waits for a turn: together, workers may spend what they commit in one exchange."""
        yield True

    def row(self) -> dict[str, Any]:
        """What the others are to know."""
        ledger = self._ledger
        if ledger is None:
            return {"requests": [0.0] * self._count, "tokens": [0.0] * self._count, "held": 0.0}
        return {"requests": ledger.requests.tolist(), "tokens": ledger.tokens.tolist(), "held": ledger.held}

    def owed(self) -> tuple[int, float]:
        """The period, and what we have spent in it that Redis does not know of yet, USD."""
        with self._lock:
            ledger = self._ledger
            if ledger is None:
                return self._period, 0.0
            if ledger.period != self._period:
                self._period, self._flushed, self._total = ledger.period, 0.0, 0.0
            return self._period, max(0.0, ledger.spent - self._flushed)

    def told(self, period: int, amount: float, total: float, rows: list[dict[str, Any]]) -> None:
        """Redis took our amount, USD; it knows this total, and these rows of others."""
        with self._lock:
            if period == self._period:
                self._flushed += amount
                self._total = total
        nothing = np.zeros(self._count)
        self._requests = sum((np.array(row["requests"]) for row in rows), nothing)
        self._tokens = sum((np.array(row["tokens"]) for row in rows), nothing)
        self._held = float(sum(row["held"] for row in rows))
        self._workers = 1 + len(rows)

    def forget_others(self) -> None:
        """Nothing is known of others."""
        self._requests = self._tokens = np.zeros(self._count)
        self._held, self._workers = 0.0, 1
