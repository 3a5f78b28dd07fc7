"""Two workers of one proxy see each other through shared memory."""

import asyncio
import json
import os
import signal
import time

import aiohttp

from router_serving.demo.proxy import Proxy
from router_serving.gateway.settings import load_settings
from router_serving.gateway.shared import SILENT
from router_serving.gateway.sharing import Sharing
from tests.helpers.gateway import prefers, write_settings

FEWEST, MOST = 8, 60
"""Calls at once: which worker takes a connection is the kernel's choice, and it may be the same for many in a row."""
SOON = 0.2
"""Seconds in which one worker's load is to be seen by another."""


async def test_two_workers_of_a_proxy(fleet, tmp_path):
    whole = 'mode = "route"\nslowest = 5.0\nshare = "shm"'
    path = write_settings(tmp_path, prefers(["medium", "small", "large"]), "", whole)
    config = {
        "model_list": fleet.model_list(),
        "litellm_settings": {"callbacks": ["router_serving.litellm.gateway"]},
        "router_settings": {"routing_strategy": "simple-shuffle"},
    }
    proxy = Proxy(tmp_path, config, path, workers=2).wait()
    settings = load_settings(path)
    sharing = Sharing(settings, str(settings.path), print)
    others = sharing.others("smart")
    try:
        until = time.monotonic() + 120
        while others.workers() < 3 and time.monotonic() < until:  # the second worker may come up later
            await asyncio.sleep(0.1)
        assert others.workers() == 3  # with this test
        body = {"model": "smart", "messages": [{"role": "user", "content": "[[answer 10000]]"}]}
        async with aiohttp.ClientSession(headers=proxy.headers) as session:

            async def ask() -> int:
                async with session.post(f"{proxy.url}/v1/chat/completions", json=body) as answer:
                    await answer.read()
                    return answer.status

            rows = sharing._table._table[: sharing.worker]
            calls: list[asyncio.Task[int]] = []  # each has a connection of its own
            while len(calls) < FEWEST or (len(calls) < MOST and not (rows[:, 5] > 0).all()):
                calls.append(asyncio.create_task(ask()))
                await asyncio.sleep(0.05)
            until = time.monotonic() + 60
            while others.load()[0].sum() < len(calls) and time.monotonic() < until:
                await asyncio.sleep(0.05)
            assert others.load()[0].tolist() == [0, len(calls), 0]
            assert (rows[:, 5] > 0).all()  # both workers have some of them
            assert set(await asyncio.gather(*calls)) == {200}
        for _ in range(100):
            if not others.load()[0].any():
                break
            await asyncio.sleep(0.1)
        assert others.load()[0].tolist() == [0, 0, 0]
        decisions = tmp_path / "decisions.jsonl"
        while (
            len(decisions.read_text().splitlines()) < len(calls) and time.monotonic() < until
        ):  # bills come a little later
            await asyncio.sleep(0.1)
        lines = [json.loads(line) for line in decisions.read_text().splitlines()]
        assert [(line["model"], line["status"]) for line in lines] == [("medium", "success")] * len(calls)
        os.killpg(proxy.process.pid, signal.SIGKILL)
        await asyncio.sleep(SILENT + SOON)
        assert others.workers() == 1
    finally:
        sharing.close()
        proxy.stop()
