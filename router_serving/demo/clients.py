"""Clients that replay a trace through a proxy, and what each of their prompts met."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from router_serving.demo.fleet import CHARACTERS_PER_TOKEN
from router_serving.demo.trace import Trace

CLIENTS = 12
"""So many prompts are in flight at most; the next one waits for a client, and that counts as its latency."""
PATIENCE = 30.0
"""A client gives up after so many s."""


@dataclass(frozen=True)
class Met:
    """What one prompt met."""

    category: str
    model: str | None
    """The name of the model that answered; None: nobody did."""
    latency: float
    """Seconds from its time in the trace to the last token, or until it was lost."""
    ttft: float
    """Seconds to the first token, likewise."""
    prompt_tokens: int
    completion_tokens: int


async def replay(url: str, headers: Mapping[str, str], group: str, trace: Trace, speed: float) -> list[Met]:
    """Send the prompts of a trace at its times, `speed` times as fast, to a model group behind `url`."""
    order = iter(range(len(trace.seconds)))
    met: list[Met] = []
    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        start = time.monotonic() + 0.2

        async def client() -> None:
            for i in order:
                due = start + float(trace.seconds[i]) / speed
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                met.append(await _ask(session, url, group, trace, i, due))

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return met


async def _ask(session: aiohttp.ClientSession, url: str, group: str, trace: Trace, i: int, due: float) -> Met:
    prompt_tokens, category = int(trace.prompt_tokens[i]), trace.categories[i]
    mark = f"[[answer {trace.answer_tokens[i]}]]"
    text = ("word " * (prompt_tokens * CHARACTERS_PER_TOKEN // 5)).ljust(prompt_tokens * CHARACTERS_PER_TOKEN)
    body = {
        "model": group,
        "messages": [{"role": "user", "content": text[: -len(mark)] + mark}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "metadata": {"category": category},
    }
    model, first = None, None
    usage: dict[str, int] = {}
    try:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with session.post(f"{url}/v1/chat/completions", json=body, timeout=timeout) as answer:
            if answer.status == 200:
                async for line in answer.content:
                    if not line.startswith(b"data: {"):
                        continue
                    event = json.loads(line[6:])
                    if first is None and any(c.get("delta", {}).get("content") for c in event.get("choices", [])):
                        first = time.monotonic()
                    usage = event.get("usage") or usage
                if first is not None and usage:
                    model = answer.headers.get("x-litellm-model-id", "").partition("/")[0]
            else:
                await answer.read()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        model = None
    end = time.monotonic()
    ttft = (end if first is None else first) - due
    return Met(category, model or None, end - due, ttft, prompt_tokens, usage.get("completion_tokens", 0))
