"""The command `python -m benchmarks.gateway_proxy`: what a decision costs inside LiteLLM's proxy.

Two proxies run beside each other on loopback, one with the policy and one without, and get the same requests in turns.
A fleet in this process answers them at once. What counts is the processor's time of each proxy's process, with its
threads: reading HTTP, authentication, routing, asking the fleet, and what LiteLLM does after the answer.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web

from benchmarks.gateway import write_settings
from router_serving.demo.engine import ModelSpec
from router_serving.demo.fleet import OWN_FLEET, application, read_fleet
from router_serving.demo.proxy import Proxy, free_port

BLOCK = 40
"""Requests in a row to one proxy."""
REST = 0.8
"""Seconds after them, in which LiteLLM's events come and our lines are written."""
BODY = {"model": "smart", "messages": [{"role": "user", "content": "word " * 60 + "[[answer 5]]"}]}


def main(args: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gateway_proxy", description="Measure what a decision costs inside LiteLLM's proxy."
    )
    parser.add_argument("--turns", type=int, default=20, help=f"so many times {BLOCK} requests to each proxy")
    given = parser.parse_args(args)
    without, ours = asyncio.run(_measure(given.turns))
    print(f"a request through LiteLLM's proxy: {np.median(without) * 1e3:.2f} ms of processor")
    ratios = np.sort(ours / without - 1)
    print(f"the same with the policy: {np.median(ours) * 1e3:.2f} ms")
    first = max(0, int(given.turns / 2 - 0.98 * given.turns**0.5))  # by the binomial distribution's normal one
    low, high = ratios[first], ratios[-1 - first]
    print(f"turn by turn {np.median(ratios):+.1%} in the median, 95 % interval {low:+.1%} to {high:+.1%}")


async def _measure(turns: int) -> tuple[np.ndarray, np.ndarray]:
    """The processor's time of a request, s, in each turn, without the policy and with it."""
    names = [model.name for model in read_fleet(OWN_FLEET)]
    models = [ModelSpec(n, 0, 0, 0.5, step_time=0.001, prefill_rate=1e6, slots=100, rpm=6e5) for n in names]
    runner = web.AppRunner(application(models))
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    proxies: list[Proxy] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = write_settings(folder)
        try:
            for callbacks in ([], ["router_serving.litellm.gateway"]):
                place = folder / f"proxy-{len(proxies)}"
                proxies.append(Proxy(place, _config(names, port, callbacks), settings))
            for proxy in proxies:
                await asyncio.to_thread(proxy.wait)
            spent = np.zeros((turns + 1, len(proxies)))
            for turn, row in enumerate(spent):
                # The machine changes while it is measured: each proxy is as often the first as the second.
                for i in (0, 1) if turn % 2 else (1, 0):
                    row[i] = await _block(proxies[i])
            decisions = (folder / "decisions.jsonl").read_text().splitlines()
        finally:
            for proxy in proxies:
                proxy.stop()
            await runner.cleanup()
    if len(decisions) != BLOCK * (turns + 1):
        raise RuntimeError(f"the policy wrote {len(decisions)} lines for {BLOCK * (turns + 1)} requests")
    without, ours = spent[1:].T  # the first turn loads a lot
    return without, ours


def _config(names: Sequence[str], port: int, callbacks: Sequence[str]) -> dict[str, Any]:
    return {
        "model_list": [
            {
                "model_name": "smart",
                "litellm_params": {
                    "model": f"openai/{name}",
                    "api_base": f"http://127.0.0.1:{port}/{name}/v1",
                    "api_key": "none",
                    "input_cost_per_token": 1e-6,
                    "output_cost_per_token": 5e-6,
                },
                "model_info": {"id": f"{name}-a"},
            }
            for name in names
        ],
        "litellm_settings": {"callbacks": list(callbacks)},
        "router_settings": {"routing_strategy": "simple-shuffle"},
    }


async def _block(proxy: Proxy) -> float:
    """The processor's time that a proxy takes for a request, s."""
    clock = (~proxy.process.pid << 3) | 2  # Linux's clock of another process
    async with aiohttp.ClientSession(headers=proxy.headers) as session:
        began = time.clock_gettime(clock)
        for _ in range(BLOCK):
            async with session.post(f"{proxy.url}/v1/chat/completions", json=BODY) as answer:
                answer.raise_for_status()
                await answer.read()
        await asyncio.sleep(REST)
        return (time.clock_gettime(clock) - began) / BLOCK


if __name__ == "__main__":
    main()
