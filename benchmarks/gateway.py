"""The command `python -m benchmarks.gateway`: what a decision costs, alone and inside LiteLLM's Router.

It needs LiteLLM and no JAX: run it with `.venv-gateway-newest/bin/python`. Time is that of the processor, which a busy
machine does not change as much; the opponent is LiteLLM without the callback, in turns with it in the same run. What
ours takes is told twice: as the difference of whole requests, which has in it what LiteLLM does for any callback, and
as the time inside our own hooks and our own thread.
"""

import argparse
import asyncio
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else LiteLLM asks the internet for prices

from router_serving.demo.fleet import OWN_FLEET, read_fleet
from router_serving.gateway.decision import Deployment
from router_serving.gateway.group import Group
from router_serving.gateway.request import read_request
from router_serving.gateway.settings import Settings, load_settings

HERE = OWN_FLEET.parent
TEXTS = {"a short prompt": 300, "a long prompt": 14_000}
"""Characters."""
BLOCK = 50
"""Requests in a row of each kind."""


def main(args: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description="Measure what a decision costs.")
    parser.add_argument("--requests", type=int, default=1000, help="measure so many requests of each kind")
    given = parser.parse_args(args)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(write_settings(Path(folder)))
        for name, characters in TEXTS.items():
            wall, processor = _alone(settings, characters, given.requests)
            low, high = np.quantile(wall, [0.5, 0.99]) * 1e3
            print(
                f"a decision alone, {name}: {processor * 1e3:.3f} ms of processor; wall {low:.3f} ms, p99 {high:.3f} ms"
            )
        took, ours = asyncio.run(_inside(settings, given.requests))
    without = took["without callbacks"]
    median = float(np.median(without))
    print(f"a request through LiteLLM's Router, with nobody behind it: {median * 1e3:.2f} ms of processor")
    for name, seconds in list(took.items())[1:]:
        # Turn by turn: what else the machine does changes more slowly.
        print(f"the same with {name}: {np.median(seconds) * 1e3:.2f} ms, {np.median(seconds / without - 1):+.1%}")
    inside = sum(ours.values())
    print(f"of that inside our code: {inside * 1e3:.3f} ms, or {inside / median:.1%} of LiteLLM's time: ", end="")
    print(", ".join(f"{name} {seconds * 1e3:.3f}" for name, seconds in ours.items()))


def write_settings(folder: Path) -> Path:
    """The settings of the demo's fleet under the demo's policy; decisions are written beside them."""
    names = [model.name for model in read_fleet(OWN_FLEET)]
    deployments = ", ".join(f'{name}-a = "{name}"' for name in names)
    path = folder / "gateway.toml"
    path.write_text(
        f'mode = "route"\nslowest = 10.0\ndecisions = "decisions.jsonl"\n[groups.smart]\n'
        f'policy = "{HERE / "policy.npz"}"\nquality = "{HERE / "quality.csv"}"\ndeployments = {{{deployments}}}\n'
    )
    return path


def _alone(settings: Settings, characters: int, count: int) -> tuple[np.ndarray, float]:
    """Wall times of decisions (count,), s, and the processor's time of one, s: reading the request is part of it."""
    group = Group(settings.groups["smart"], settings)
    fleet = [Deployment(f"{name}-a", i, 1e-6, 5e-6) for i, name in enumerate(group.names)]
    messages = [{"role": "user", "content": "word " * (characters // 5)}]
    kwargs = {"metadata": {"category": "code"}, "max_tokens": 500}
    times, began = np.zeros(count), time.process_time()
    for i in range(count):
        start = time.perf_counter()
        decision = group.decide(read_request(messages, kwargs), fleet)
        times[i] = time.perf_counter() - start
        if decision.lease is not None:
            group.ledger.give_up(decision.lease)
    return times, (time.process_time() - began) / count


async def _inside(settings: Settings, count: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """The processor's time of a request, s, turn by turn, without a callback, with one that does nothing, and with
    ours; and what ours took by its parts, s a request."""
    import litellm
    from litellm.integrations.custom_logger import CustomLogger

    from router_serving.litellm import Gateway

    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    timed: dict[str, list[float]] = {"deciding": [], "counting": [], "billing": [], "writing": []}
    gateway = _timed(Gateway(settings), timed)
    models = [
        {
            "model_name": "smart",
            "litellm_params": {
                "model": f"openai/{name}",
                "api_key": "none",
                "mock_response": "word " * 20,
                "input_cost_per_token": 1e-6,
                "output_cost_per_token": 5e-6,
            },
            "model_info": {"id": f"{name}-a"},
        }
        for name in gateway.groups["smart"].names
    ]
    router = litellm.Router(model_list=models)
    messages = [{"role": "user", "content": "word " * 60}]

    async def block() -> float:
        began = time.process_time()
        for _ in range(BLOCK):
            await router.acompletion(model="smart", messages=messages)
        await asyncio.sleep(0.2)  # LiteLLM's events are part of it
        return (time.process_time() - began) / BLOCK

    ways = {"without callbacks": [], "a callback that does nothing": [CustomLogger()], "the policy": [gateway]}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(1 + count // BLOCK):
        for name, callbacks in ways.items():
            litellm.logging_callback_manager._reset_all_callbacks()
            litellm.callbacks = callbacks
            took = await block()
            if turn:  # the first requests load a lot
                spent[name].append(took)
            else:
                for times in timed.values():
                    times.clear()
    gateway.close()
    requests = len(timed["deciding"])
    ours = {name: _mean_of_most(times) * len(times) / requests for name, times in timed.items()}
    ours["writing"] = sum(timed["writing"]) / requests  # most looks find nothing to write
    return {name: np.array(blocks) for name, blocks in spent.items()}, ours


def _mean_of_most(times: Sequence[float]) -> float:
    """The mean without the longest tenth, which are those that something else came between."""
    return float(np.mean(np.sort(times)[: max(1, len(times) * 9 // 10)]))


def _timed(gateway: Any, times: dict[str, list[float]]) -> Any:
    """The same gateway, which notes the processor's time of its parts, s."""
    parts = {"_decided": "deciding", "_started": "counting", "_finished": "counting", "_billed": "billing"}

    def timed(work: Any, into: list[float]) -> Any:
        def wrapper(*args: Any) -> Any:
            began = time.thread_time()
            try:
                return work(*args)
            finally:
                into.append(time.thread_time() - began)

        return wraps(work)(wrapper)

    for name, part in parts.items():
        setattr(gateway, name, timed(getattr(gateway, name), times[part]))
    gateway.clerk._write_waiting = timed(gateway.clerk._write_waiting, times["writing"])
    return gateway


if __name__ == "__main__":
    main()
