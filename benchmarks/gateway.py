"""The command `python -m benchmarks.gateway`: what a decision costs, alone and inside LiteLLM's Router.

It needs LiteLLM and no JAX: run it with `.venv-gateway-newest/bin/python`. Time is that of the processor, which a busy
machine does not change much; the opponent is LiteLLM without the callback, in turns with it in the same run.
"""

import argparse
import asyncio
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

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
        settings = _settings(Path(folder))
        for name, characters in TEXTS.items():
            wall, processor = _alone(settings, characters, given.requests)
            low, high = np.quantile(wall, [0.5, 0.99]) * 1e3
            print(
                f"a decision alone, {name}: {processor * 1e3:.3f} ms of processor; wall {low:.3f} ms, p99 {high:.3f} ms"
            )
        took = asyncio.run(_inside(settings, given.requests))
    without = took["without callbacks"]
    print(f"a request through LiteLLM's Router, with nobody behind it: {without * 1e3:.2f} ms of processor")
    for name, seconds in list(took.items())[1:]:
        more = seconds - without
        print(f"the same with {name}: {seconds * 1e3:.2f} ms, {more * 1e3:+.2f} ms or {more / without:+.1%}")


def _settings(folder: Path) -> Settings:
    names = [model.name for model in read_fleet(OWN_FLEET)]
    deployments = ", ".join(f'{name}-a = "{name}"' for name in names)
    path = folder / "gateway.toml"
    path.write_text(
        f'mode = "route"\nslowest = 10.0\ndecisions = "decisions.jsonl"\n[groups.smart]\n'
        f'policy = "{HERE / "policy.npz"}"\nquality = "{HERE / "quality.csv"}"\ndeployments = {{{deployments}}}\n'
    )
    return load_settings(path)


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


async def _inside(settings: Settings, count: int) -> dict[str, float]:
    """The processor's time of a request without a callback, with one that does nothing, and with ours, s."""
    import litellm
    from litellm.integrations.custom_logger import CustomLogger

    from router_serving.litellm import Gateway

    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    gateway = Gateway(settings)
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
    gateway.close()
    return {name: float(np.median(blocks)) for name, blocks in spent.items()}


if __name__ == "__main__":
    main()
