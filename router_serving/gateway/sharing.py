"""How the workers of a gateway see each other, as the settings say: not at all, on one host, or on several."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from router_serving.gateway.budget import period_at
from router_serving.gateway.clerk import Ticker
from router_serving.gateway.others import Alone, Others
from router_serving.gateway.redis_share import RedisShare, connect
from router_serving.gateway.settings import Settings
from router_serving.gateway.shared import MOST_WORKERS, SharedTable, table_path
from router_serving.policy_file import load_policy

SHM_PAUSE = 0.05
"""Between two times that a worker tells the others of its host, s."""
REDIS_PAUSE = 0.1
"""Between two exchanges with Redis, s."""


class Sharing:
    """The place of this process among the workers."""

    def __init__(self, settings: Settings, identity: str, warn: Callable[[str], None]) -> None:
        """`identity` is the same for all workers that belong together. Raises `ValueError` for what cannot be had."""
        self._counts = {name: len(load_policy(group.policy).model_names) for name, group in settings.groups.items()}
        self._table: SharedTable | None = None
        self._redis: RedisShare | None = None
        self.worker = 0
        """The number of this worker among those of its host."""
        if settings.share == "shm":
            self._table = SharedTable(table_path(f"{identity} {self._counts}"), self._counts)
            self.worker = self._table.worker
        elif settings.state is not None:
            self.worker = _claim(settings.state)
        if settings.share == "redis":
            now = time.time()
            groups = {
                name: (self._counts[name], period_at(now, group.period, settings.zone)[0], group.period)
                for name, group in settings.groups.items()
            }
            self._redis = RedisShare(connect(settings.redis), identity, groups, warn)
            self._redis.exchange()  # what was spent before we came
        self._ticker: Ticker | None = None

    def others(self, group: str) -> Others:
        """The other workers of a group."""
        if self._table is not None:
            return self._table.group(group)
        if self._redis is not None:
            return self._redis.groups[group]
        return Alone(self._counts[group])

    def begin(self, publish: Callable[[], None]) -> None:
        """Call `publish` often, and let the others know."""
        if self._redis is not None:
            redis = self._redis

            def exchange() -> None:
                publish()
                redis.exchange()

            self._ticker = Ticker(REDIS_PAUSE, exchange)
        elif self._table is not None:
            self._ticker = Ticker(SHM_PAUSE, publish)

    def close(self) -> None:
        """Leave."""
        for part in (self._ticker, self._redis, self._table):
            if part is not None:
                part.close()


def _claim(folder: Path) -> int:
    """A number that no other worker has whose state is in the folder; the kernel frees it with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(MOST_WORKERS):
        file = os.open(folder / f"worker-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            continue
        return number  # the descriptor stays open, and the lock with it
    raise ValueError(f"{folder}: more than {MOST_WORKERS} workers keep their state there")
