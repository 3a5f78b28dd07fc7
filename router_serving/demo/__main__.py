"""The command `python -m router_serving.demo`: a policy against LiteLLM's own strategies, on this machine alone.

It needs LiteLLM's proxy and no network: pip install 'litellm[proxy]'.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from router_serving.demo.engine import ModelSpec
from router_serving.demo.parts import write_parts
from router_serving.demo.proxy import Proxy, free_port
from router_serving.demo.trace import SPEED, make_trace
from router_serving.gateway.quality import read_shares
from router_serving.text_table import terminal_width

if TYPE_CHECKING:
    from router_serving.demo.score import Score

HERE = Path(__file__).parent
POLICY = "policy"
SHADOW = "simple-shuffle, policy in shadow"
STRATEGIES = ("least-busy", "latency-based-routing", "cost-based-routing")
OUTAGE = (8.0, 6.0)
"""One model is down from this second of a run on, for so many seconds."""
FILLED = 0.3
"""Share of the rate limits' buckets that is full at the start of a run."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the demo, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m router_serving.demo", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=2, help="replay so many traces with every strategy (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=300.0,
        help="length of a trace, which is replayed 10 times as fast (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="draw the traces from this seed on (default: %(default)s)")
    parser.add_argument("--constants", action="store_true", help="also send everything to one model, for each of them")
    parser.add_argument(
        "--policy",
        type=Path,
        default=HERE / "policy.npz",
        help="the policy, a run directory or a file (default: the one that is shipped)",
    )
    parser.add_argument("--output", type=Path, help="keep decisions, logs and scores in this new folder")
    given = parser.parse_args(args)
    # Importing LiteLLM here would take seconds, and ask the internet for prices.
    if find_spec("aiohttp") is None or find_spec("litellm") is None:
        parser.exit(2, "error: LiteLLM is not installed: pip install 'litellm[proxy]'\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the proxies are stopped, too
    with ExitStack() as stack:
        folder = given.output or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            folder.mkdir(parents=True, exist_ok=given.output is None)
        except OSError as error:  # there is one already, or there may be none
            parser.exit(2, f"error: --output must be a new folder: {folder}: {error.strerror}\n")
        print(asyncio.run(_demo(given, folder.absolute())))
        if given.output is not None:
            shadow, routed = write_parts(folder / "decisions.jsonl")
            print(
                f"\ndecisions, logs and scores are in {folder}; of the decisions, those in shadow and those that were"
            )
            print(f"routed: {shadow.name}, {routed.name}")


async def _demo(given: argparse.Namespace, folder: Path) -> str:
    # Here, since they need aiohttp, which comes with LiteLLM's proxy: `--help` works without.
    from router_serving.demo.clients import replay
    from router_serving.demo.fleet import OWN_FLEET, read_fleet
    from router_serving.demo.score import score, table

    models = read_fleet(OWN_FLEET)
    shares = read_shares(HERE / "quality.csv", [model.name for model in models])
    scores: dict[str, list[Score]] = {}
    with ExitStack() as stack:
        fleet_url = stack.enter_context(_fleet())
        settings = _write_settings(folder, given.policy.absolute(), models)
        proxies = await _start(folder, fleet_url, models, settings, stack)
        plan = [SHADOW, POLICY, *STRATEGIES]
        plan += [f"always {model.name}" for model in models] if given.constants else []
        for run in range(given.runs):
            trace = make_trace(given.seed + run, given.seconds)
            down = models[run % 3].name
            # Each run begins with another strategy: what the machine does beside us meets all of them.
            for strategy in plan[run % len(plan) :] + plan[: run % len(plan)]:
                proxy = proxies[strategy if strategy in proxies else SHADOW]
                _set_mode(settings, "route" if strategy == POLICY else "shadow", proxies[SHADOW])
                group = strategy.replace(" ", "-") if strategy.startswith("always") else "smart"
                await asyncio.sleep(6.0)  # LiteLLM's cooldowns of the run before last 5 s
                _reset(fleet_url, [[down, OUTAGE[0], sum(OUTAGE)]])
                met = await replay(proxy.url, proxy.headers, group, trace, SPEED)
                scores.setdefault(strategy, []).append(score(met, models, shares))
                one = scores[strategy][-1]
                print(
                    f"run {run + 1}, {strategy}: {len(met)} prompts, reward {1000 * one.reward:.0f} per 1,000",
                    flush=True,
                )
    (folder / "scores.json").write_text(json.dumps({name: [vars(s) for s in runs] for name, runs in scores.items()}))
    return "\n" + table(scores, POLICY, terminal_width())


@contextmanager
def _fleet() -> Iterator[str]:
    """The fake fleet in a process of its own."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "router_serving.demo.fleet", "--port", str(port)], start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urlopen(f"{url}/stats", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


async def _start(
    folder: Path, fleet_url: str, models: Sequence[ModelSpec], settings: Path, stack: ExitStack
) -> dict[str, Proxy]:
    """One proxy for each strategy, and one with the policy; they come up side by side."""
    from router_serving.demo.clients import replay

    print("starting four proxies: half a minute to two", flush=True)
    proxies = {SHADOW: Proxy(folder / "policy", _config(fleet_url, models, "simple-shuffle", True), settings)}
    for strategy in STRATEGIES:
        proxies[strategy] = Proxy(folder / strategy, _config(fleet_url, models, strategy, False))
    for proxy in proxies.values():
        stack.callback(proxy.stop)
    warm_up = make_trace(10_000, 60.0).first(8)  # the first requests of a process load a lot
    for proxy in proxies.values():
        await replay(proxy.wait().url, proxy.headers, "smart", warm_up, SPEED)
    return proxies


def _config(fleet_url: str, models: Sequence[ModelSpec], strategy: str, with_policy: bool) -> dict[str, Any]:
    def deployment(group: str, model: ModelSpec) -> dict[str, Any]:
        return {
            "model_name": group,
            "litellm_params": {
                "model": f"openai/{model.name}",
                "api_base": f"{fleet_url}/{model.name}/v1",
                "api_key": "none",
                "input_cost_per_token": model.price_in * 1e-6,
                "output_cost_per_token": model.price_out * 1e-6,
                "max_retries": 0,
            },
            "model_info": {"id": f"{model.name}/{group}"},
        }

    groups = [deployment("smart", model) for model in models]
    if with_policy:
        groups += [deployment(f"always-{model.name}", model) for model in models]
    cheapest = min(models, key=lambda model: model.price_out).name
    fallbacks = [{f"always-{model.name}": [f"always-{cheapest}"]} for model in models if model.name != cheapest]
    return {
        "model_list": groups,
        "litellm_settings": {"callbacks": ["router_serving.litellm.gateway"] if with_policy else []},
        "router_settings": {
            "routing_strategy": strategy,
            "num_retries": 2,
            "retry_after": 0,
            "cooldown_time": 5,
            "allowed_fails": 0,
            "timeout": 30,
            "fallbacks": fallbacks if with_policy else [],
        },
        "general_settings": {"cancel_on_disconnect": True},
    }


def _write_settings(folder: Path, policy: Path, models: Sequence[ModelSpec]) -> Path:
    deployments = ", ".join(f'"{model.name}/smart" = "{model.name}"' for model in models)
    path = folder / "gateway.toml"
    path.write_text(
        f'mode = "shadow"\ndecisions = "decisions.jsonl"\n\n[groups.smart]\npolicy = "{policy}"\n'
        f'quality = "{HERE / "quality.csv"}"\ndeployments = {{{deployments}}}\n'
    )
    return path


def _set_mode(settings: Path, mode: str, proxy: Proxy) -> None:
    """What an operator does: change one line, and send SIGHUP."""
    first, _, rest = settings.read_text().partition("\n")
    if first != f'mode = "{mode}"':
        settings.write_text(f'mode = "{mode}"\n{rest}')
        proxy.hang_up()


def _reset(fleet_url: str, outages: list[list[Any]]) -> None:
    body = json.dumps({"outages": outages, "filled": FILLED}).encode()
    request = Request(f"{fleet_url}/reset", body, {"Content-Type": "application/json"})
    urlopen(request, timeout=10).close()


if __name__ == "__main__":
    main()
