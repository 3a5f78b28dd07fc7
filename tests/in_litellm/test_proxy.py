"""The policy inside LiteLLM's proxy, named in its config.yaml alone: one proxy for all tests of this file."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from router_serving.demo.proxy import Proxy, free_port
from tests.helpers.gateway import NAMES, prefers, write_settings
from tests.in_litellm.conftest import PRICES, knows_attempts

PING = "ping [[answer 5]]"


class Behind:
    """The proxy with the policy, and what it says of itself."""

    def __init__(self, folder: Path, fleet: Any) -> None:
        self.metrics_port = free_port()
        whole = f'mode = "route"\nslowest = 5.0\nstate = "state"\nmetrics = "127.0.0.1:{self.metrics_port}"'
        self.settings = write_settings(folder, prefers(["medium", "small", "large"]), "", whole)
        self.decisions = folder / "decisions.jsonl"
        config = {
            "model_list": fleet.model_list(),
            "litellm_settings": {"callbacks": ["router_serving.litellm.gateway"]},
            "router_settings": {"routing_strategy": "simple-shuffle", "num_retries": 2, "disable_cooldowns": True},
            "general_settings": {"cancel_on_disconnect": True},
        }
        self.proxy = Proxy(folder, config, self.settings).wait()

    async def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any], str | None]:
        async with (
            aiohttp.ClientSession(headers=self.proxy.headers) as session,
            session.post(self.proxy.url + path, json={"model": "smart", **body}) as answer,
        ):
            return answer.status, await answer.json(), answer.headers.get("x-litellm-model-id")

    async def chat(self, text: str = PING, **body: Any) -> tuple[int, dict[str, Any], str | None]:
        return await self.post("/v1/chat/completions", messages=[{"role": "user", "content": text}], **body)

    def lines(self, since: int = 0) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.decisions.read_text().splitlines()][since:]

    async def metric(self, name: str) -> float:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.metrics_port}") as answer:
            text = await answer.text()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))

    async def rest(self, since: int, count: int, seconds: float = 20.0) -> list[dict[str, Any]]:
        """Wait for so many new lines and for nothing in flight, and return the lines."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            flying = await self.metric("router_serving_in_flight")
            if len(self.lines(since)) >= count and flying == 0:
                break
            await asyncio.sleep(0.1)
        lines = self.lines(since)
        assert len(lines) == count, lines
        assert await self.metric("router_serving_in_flight") == 0
        assert await self.metric("router_serving_held_usd") == 0
        return lines


@pytest.fixture(scope="module")
def behind(fleet, tmp_path_factory) -> Iterator[Behind]:
    one = Behind(tmp_path_factory.mktemp("proxy"), fleet)
    yield one
    one.proxy.stop()


@pytest.fixture
def since(behind) -> int:
    return len(behind.lines())


def cost(line: dict[str, Any]) -> float:
    return PRICES[line["model"]][0] * line["prompt_tokens"] + PRICES[line["model"]][1] * line["completion_tokens"]


async def test_the_policys_model_answers(behind, since):
    before = await behind.metric("router_serving_spent_usd")
    decided = await behind.metric("router_serving_decisions_total")
    for _ in range(5):
        assert (await behind.chat())[2] == "medium-a"
    assert await behind.metric("router_serving_decisions_total") - decided == 5  # at once
    lines = await behind.rest(since, 5)
    assert {(line["model"], line["status"], line["abstained"]) for line in lines} == {("medium", "success", None)}
    spent = await behind.metric("router_serving_spent_usd") - before
    assert spent == pytest.approx(sum(map(cost, lines)))
    assert spent == pytest.approx(sum(line["cost_usd"] for line in lines))
    assert "ping" not in behind.decisions.read_text()


async def test_a_category_comes_from_the_callers_metadata(behind, since):
    await behind.chat(metadata={"category": "chat"})
    (line,) = await behind.rest(since, 1)
    assert line["category"] == "chat"


@knows_attempts
async def test_a_retry_takes_another_model_and_every_attempt_ends(behind, since):
    status, _, _ = await behind.chat("[[status 500]]")
    assert status == 500
    lines = await behind.rest(since, 3)
    assert {line["status"] for line in lines} == {"failure"}
    assert {line["model"] for line in lines} == set(NAMES)


async def test_a_stream_is_billed_at_its_end(behind, since):
    async with (
        aiohttp.ClientSession(headers=behind.proxy.headers) as session,
        session.post(
            f"{behind.proxy.url}/v1/chat/completions",
            json={
                "model": "smart",
                "messages": [{"role": "user", "content": "[[answer 40]]"}],
                "stream": True,
                "stream_options": {"include_usage": True},
            },
        ) as answer,
    ):
        async for _ in answer.content:
            pass
    (line,) = await behind.rest(since, 1)
    assert (line["status"], line["completion_tokens"]) == ("success", 40)
    assert 0 < line["ttft_s"] <= line["latency_s"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_goes_away_leaves_nothing_in_flight(behind, since, stream):
    for _ in range(3):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(behind.chat("[[answer 3000]]", stream=stream), 0.7)
    lines = await behind.rest(since, 3)
    # LiteLLM bills what came of a stream, and with cancel_on_disconnect nothing of another call.
    assert [line["status"] for line in lines] == ["success" if stream else "failure"] * 3


async def test_anthropics_messages_count_once(behind, since):
    status, _, _ = await behind.post("/v1/messages", messages=[{"role": "user", "content": PING}], max_tokens=20)
    await asyncio.sleep(2.0)  # for whatever would come twice
    (line,) = await behind.rest(since, 1)
    assert status == 200
    assert (line["model"], line["status"], line["completion_tokens"]) == ("medium", "success", 5)


async def test_responses_have_no_messages(behind, since):
    status, answer, _ = await behind.post("/v1/responses", input=PING)
    await asyncio.sleep(2.0)
    (line,) = await behind.rest(since, 1)
    assert (status, answer["usage"]["output_tokens"]) == (200, 5)
    assert (line["model"], line["status"], line["completion_tokens"]) == ("medium", "success", 5)


async def test_many_at_once(behind, since):
    answers = await asyncio.gather(*(behind.chat() for _ in range(40)))
    assert {answer[2] for answer in answers} == {"medium-a"}
    await behind.rest(since, 40)


async def test_off_is_one_line_and_sighup(behind, since):
    text = behind.settings.read_text()
    try:
        behind.settings.write_text(text.replace('mode = "route"', 'mode = "off"'))
        os.kill(behind.proxy.process.pid, signal.SIGHUP)
        await asyncio.sleep(0.5)
        answers = {(await behind.chat())[2] for _ in range(20)}
        assert answers == {"large-a", "medium-a", "small-a"}
        behind.settings.write_text("mode = ")  # a typo changes nothing
        os.kill(behind.proxy.process.pid, signal.SIGHUP)
        await asyncio.sleep(0.5)
        assert (await behind.chat())[0] == 200
    finally:
        behind.settings.write_text(text)
        os.kill(behind.proxy.process.pid, signal.SIGHUP)
    await asyncio.sleep(0.5)
    assert (await behind.chat())[2] == "medium-a"
    await behind.rest(since, 1)
