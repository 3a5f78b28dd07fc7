"""A fleet on loopback, and LiteLLM's SDK and proxy in front of it. Nothing here looks beyond this machine."""

import asyncio
import gc
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else LiteLLM asks the internet for prices
os.environ["no_proxy"] = "*"

import litellm
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from router_serving.demo.engine import ModelSpec
from router_serving.demo.fleet import application
from router_serving.litellm import Gateway
from router_serving.policy import Policy
from tests.helpers.gateway import NAMES, settings_of

VERSION = tuple(map(int, version("litellm").split(".")[:2]))
knows_attempts = pytest.mark.skipif(VERSION < (1, 108), reason="1.95 does not say where a request has failed")
lets_go = pytest.mark.skipif(VERSION < (1, 108), reason="1.95 keeps a cancelled call: its lease ends at the deadline")
takes_weights = pytest.mark.skipif(VERSION < (1, 105), reason="weights with a request came with 1.105")

PRICES = {"large": (3e-6, 15e-6), "medium": (1e-6, 5e-6), "small": (1e-7, 4e-7)}
"""USD a token of prompt and answer."""


class Fleet:
    """The fake fleet in a thread: three models that answer at once, unless a prompt says otherwise."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        models = [ModelSpec(n, 0, 0, 0.5, step_time=0.001, prefill_rate=1e6, slots=100, rpm=6e4) for n in NAMES]

        async def serve() -> None:
            runner = web.AppRunner(application(models), handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            self._ready.set()
            await asyncio.Event().wait()

        self._loop.run_until_complete(serve())

    def base(self, model: str) -> str:
        return f"http://127.0.0.1:{self.port}/{model}/v1"

    def model_list(self, group: str = "smart", **more: Any) -> list[dict[str, Any]]:
        """One deployment of each model; `more` are further `litellm_params` by the name of a model."""
        return [
            {
                "model_name": group,
                "litellm_params": {
                    "model": f"openai/{name}",
                    "api_base": self.base(name),
                    "api_key": "none",
                    "input_cost_per_token": PRICES[name][0],
                    "output_cost_per_token": PRICES[name][1],
                    "max_retries": 0,
                    **more.get(name, {}),
                },
                "model_info": {"id": f"{name}-a"},
            }
            for name in NAMES
        ]


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Makes a gateway for a policy and settings, and registers it with LiteLLM."""
    made: list[Gateway] = []

    def make(policy: Policy, group: str = "", whole: str = 'mode = "route"\nslowest = 5.0') -> Gateway:
        one = Gateway(settings_of(tmp_path, policy, group, whole), CollectorRegistry())
        made.append(one)
        litellm.logging_callback_manager._reset_all_callbacks()  # it keeps the first of a class
        litellm.callbacks = [one]
        return one

    yield make
    litellm.logging_callback_manager._reset_all_callbacks()
    for one in made:
        one.clerk.close()


def lines_of(gateway: Gateway) -> list[dict[str, Any]]:
    """The decisions that were written so far."""
    gateway.clerk.flush()
    file = gateway.settings.decisions
    assert file is not None
    return [json.loads(line) for line in file.read_text().splitlines()]


async def at_rest(gateway: Gateway, seconds: float = 5.0) -> None:
    """Wait until LiteLLM has said all that it will say, and every lease has ended; fail where one has not."""
    group = gateway.groups["smart"]
    until = time.monotonic() + seconds
    while group.ledger.open_leases and time.monotonic() < until:
        gc.collect()
        await asyncio.sleep(0.05)
    assert group.ledger.open_leases == 0, list(group.ledger._leases.values())
    assert group.ledger.requests.tolist() == [0.0, 0.0, 0.0]
    assert group.ledger.tokens.tolist() == [0.0, 0.0, 0.0]
    assert group.ledger.held == 0.0
