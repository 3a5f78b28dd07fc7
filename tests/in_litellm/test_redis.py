"""Workers that see each other through a real Redis, and that go on without one."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from router_serving.demo.proxy import free_port
from router_serving.gateway.decision import Ending
from router_serving.gateway.group import Group
from router_serving.gateway.redis_share import SILENT, RedisShare, connect
from router_serving.gateway.sharing import Sharing
from tests.helpers.gateway import prefers, settings_of
from tests.router_serving.gateway.test_group import FLEET, PROMPT

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server")


class Server:
    def __init__(self, folder) -> None:
        self.port, self._folder = free_port(), folder
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        command += ["--appendonly", "yes", "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("redis-server did not come up")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    one = Server(tmp_path)
    yield one
    one.stop()


class Worker:
    """A group that shares through Redis as a gateway does, without its ticker."""

    def __init__(self, folder, url: str, group: str = "budget = 0.05") -> None:
        whole = f'mode = "route"\nslowest = 60\nshare = "redis"\nredis = "{url}"'
        self.warnings: list[str] = []
        settings = settings_of(folder, prefers(), group, whole)
        self.sharing = Sharing(settings, "test", self.warnings.append)
        self.group = Group(settings.groups["smart"], settings, 0, self.sharing.others("smart"))

    def exchange(self) -> None:
        self.group.publish()
        self.sharing._redis.exchange()

    def call(self, key: object, cost: float | None = None, share: float | None = None) -> None:
        """Make a call, and bill it: a cost, or a share of what it might have cost at most."""
        decision = self.group.decide(PROMPT, FLEET)
        if decision.model is not None:
            lease = self.group.start(key, decision.model, decision)
            cost = cost if share is None else share * lease.held
            if cost is not None:
                self.group.bill(key, Ending("", "success", cost), time.time())


def test_two_hosts_see_each_other(server, tmp_path):
    one, two = Worker(tmp_path / "one", server.url), Worker(tmp_path / "two", server.url)
    one.call("a")
    one.call("b", cost=0.01)
    one.exchange()
    two.exchange()
    others = two.sharing.others("smart")
    assert others.load()[0].tolist() == [1, 0, 0]
    assert others.workers() == 2
    assert others.money(two.group.ledger.period) == pytest.approx(0.01 + one.group.ledger.held)
    assert two.group.budget.free == pytest.approx(0.05 - 0.01 - one.group.ledger.held)
    one.sharing.close()
    time.sleep(0.05)
    two.exchange()
    assert others.load()[0].tolist() == [0, 0, 0]
    assert others.money(two.group.ledger.period) == pytest.approx(0.01)  # what was spent stays


def test_a_worker_that_is_silent_counts_for_nothing(server, tmp_path):
    clock = [0.0]
    share = RedisShare(connect(server.url), "test", {"smart": (3, 0, 86_400.0)}, print, lambda: clock[0])
    one = Worker(tmp_path / "one", server.url)
    one.call("a")
    one.exchange()
    share.exchange()
    assert share.groups["smart"].load()[0].tolist() == [1, 0, 0]
    clock[0] += SILENT + 0.1
    share.exchange()
    assert share.groups["smart"].load()[0].tolist() == [0, 0, 0]


def test_what_was_spent_outlasts_a_restart(server, tmp_path):
    one = Worker(tmp_path / "one", server.url)
    one.call("a", cost=0.02)
    one.exchange()
    one.sharing.close()
    again = Worker(tmp_path / "one", server.url)
    assert again.group.budget.free == pytest.approx(0.03)


def test_without_redis_each_counts_alone_and_says_so_once(server, tmp_path):
    one, two = Worker(tmp_path / "one", server.url), Worker(tmp_path / "two", server.url)
    two.call("a")
    two.exchange()
    one.exchange()
    assert one.sharing.others("smart").load()[0].tolist() == [1, 0, 0]
    server.stop()
    for _ in range(3):
        one.exchange()
    assert len(one.warnings) == 1
    assert one.warnings[0].startswith("Redis is gone, and each worker counts alone until it is back: ")
    assert one.sharing.others("smart").load()[0].tolist() == [0, 0, 0]
    one.call("b", cost=0.004)  # goes on, and is added when Redis is back
    server.start()
    one.exchange()
    two.exchange()
    assert two.sharing.others("smart").money(two.group.ledger.period) == pytest.approx(0.004)
    assert len(one.warnings) == 1


def test_both_together_spend_no_more_than_a_tick_too_much(server, tmp_path):
    """An exchange after every call: then nothing at all."""
    workers = [Worker(tmp_path / name, server.url) for name in ("one", "two")]
    for i in range(40):
        worker = workers[i % 2]
        worker.call(i, share=0.9)
        worker.exchange()  # tells what it spent
        workers[1 - i % 2].exchange()  # hears of it
    spent = sum(worker.group.budget.spent for worker in workers)
    assert 0.04 < spent <= 0.05
