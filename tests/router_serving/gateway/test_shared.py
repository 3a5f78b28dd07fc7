"""Two workers of one host see each other, and one that is killed leaves its bills and nothing else."""

import multiprocessing as mp
import os
import signal
import time

import numpy as np
import pytest

from router_serving.gateway.decision import Ending
from router_serving.gateway.group import Group
from router_serving.gateway.ledger import Ledger
from router_serving.gateway.shared import SILENT, SharedTable
from tests.helpers.gateway import prefers, settings_of
from tests.router_serving.gateway.test_group import FLEET, PROMPT

GROUPS = {"smart": 3, "other": 2}


def busy_worker(path, told, go_on):
    """Another process with two calls in flight and a bill, which beats until it is killed."""
    table = SharedTable(path, GROUPS)
    ledger, group = Ledger(3), table.group("smart")
    for key in range(2):
        ledger.open(key, 1, 0.25, 100.0, None, is_call=True)
    ledger.settle("paid", 3.0, 0.0)
    group.publish(ledger)
    told.set()
    while not go_on.is_set():
        table.beat()
        time.sleep(0.02)


def spending_worker(folder, told, both):
    """Another process that makes as many calls as the budget pays for."""
    settings = settings_of(folder, prefers(), "budget = 0.05", 'mode = "route"\nslowest = 60')
    table = SharedTable(folder / "table", {"smart": 3})
    group = Group(settings.groups["smart"], settings, table.worker, table.group("smart"))
    made = []
    both.wait(120)  # else one may be over, and its row taken, before the other begins
    for _ in range(60):
        decision = group.decide(PROMPT, FLEET)
        if decision.model is not None:
            made.append(float(decision.most[decision.model]))
            key = (os.getpid(), len(made))
            group.start(key, decision.model, decision)
            group.bill(key, Ending("", "success", made[-1]), float(len(made)))
        time.sleep(0.001)
    told.put((made, group.budget.spent))


@pytest.fixture
def spawn():
    return mp.get_context("spawn")


def test_workers_see_each_other_soon_and_a_killed_one_vanishes(tmp_path, spawn):
    told, go_on = spawn.Event(), spawn.Event()
    other = spawn.Process(target=busy_worker, args=(tmp_path / "table", told, go_on))
    other.start()
    assert told.wait(60)
    table = SharedTable(tmp_path / "table", GROUPS)
    group = table.group("smart")
    assert (table.worker, group.workers()) == (1, 2)
    requests, tokens = group.load()
    assert (requests.tolist(), tokens.tolist()) == ([0, 2, 0], [0, 200, 0])
    assert group.money(0) == 3.5
    assert group.money(1) == 0.0
    assert table.group("other").load()[0].tolist() == [0, 0]
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    until = time.monotonic() + SILENT + 0.2
    while group.load()[0].any() and time.monotonic() < until:
        time.sleep(0.01)
    assert group.load()[0].tolist() == [0, 0, 0]
    assert group.workers() == 1
    assert group.money(0) == 3.5  # its bills, and what may be billed still
    table.close()


def test_who_takes_a_row_over_inherits_its_bills(tmp_path):
    first = SharedTable(tmp_path / "table", GROUPS)
    ledger = Ledger(3)
    ledger.begin_period(7)
    ledger.settle("a", 2.0, 1.0)
    ledger.open("b", 0, 0.5, 1.0, None, is_call=True)
    first.group("smart").publish(ledger)
    first.close()
    second = SharedTable(tmp_path / "table", GROUPS)
    assert second.worker == first.worker
    assert second.group("smart").inherited(7) == 2.5
    assert second.group("smart").inherited(8) == 0.0
    second.close()


def test_two_workers_never_overspend_together(tmp_path, spawn):
    settings_of(tmp_path, prefers(), "budget = 0.05")  # writes the policy
    told, both = spawn.Queue(), spawn.Barrier(2)
    workers = [spawn.Process(target=spending_worker, args=(tmp_path, told, both)) for _ in range(2)]
    for worker in workers:
        worker.start()
    answers = [told.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()
    spent = sum(spent for _, spent in answers)
    assert 0.045 < spent <= 0.05
    assert np.isclose(spent, sum(sum(made) for made, _ in answers))


def test_one_decides_about_money_at_a_time(tmp_path, spawn):
    told, go_on = spawn.Event(), spawn.Event()
    other = spawn.Process(target=holding_worker, args=(tmp_path / "table", told, go_on))
    other.start()
    assert told.wait(60)
    table = SharedTable(tmp_path / "table", GROUPS)
    with table.exclusive() as is_ours:  # it gives up, although the other holds on until it is told
        assert not is_ours
    go_on.set()
    other.join()
    with table.exclusive() as is_ours:
        assert is_ours
    table.close()


def holding_worker(path, told, go_on):
    table = SharedTable(path, GROUPS)
    with table.exclusive():
        told.set()
        go_on.wait(60)
