"""The demo's fleet queues, refuses and fails as it says, its trace is bursty, and a score is LLMRouter-v1's reward."""

import asyncio
import time

import aiohttp
import numpy as np
import pytest

from router_serving.demo.__main__ import main
from router_serving.demo.clients import Met, replay
from router_serving.demo.engine import Bucket, Engine, ModelSpec
from router_serving.demo.fleet import OWN_FLEET, read_fleet
from router_serving.demo.score import score, table
from router_serving.demo.trace import CATEGORIES, make_trace, write_azure

SPEC = ModelSpec("one", 1.0, 5.0, 0.9, step_time=0.01, prefill_rate=1e5, slots=2)


async def answered(engine: Engine, tokens: int) -> float:
    """Seconds until an answer of so many tokens is there."""
    began, sequence, count = time.monotonic(), engine.add(10, tokens), 0
    while await sequence.made.get():
        count += 1
    assert count == tokens
    return time.monotonic() - began


async def test_an_engine_makes_a_token_an_iteration_and_queues_beyond_its_slots():
    engine = Engine(SPEC)
    times = await asyncio.gather(*(answered(engine, 20) for _ in range(4)))
    assert min(times[:2]) > 0.2  # 20 iterations
    assert min(times[2:]) > 0.4  # after the first two
    assert max(times) < 2.0
    assert engine.inside == 0


async def test_a_client_that_leaves_makes_room():
    engine = Engine(SPEC)
    gone = [engine.add(10, 10_000) for _ in range(2)]
    await asyncio.sleep(0.05)
    for sequence in gone:
        sequence.gone = True
    assert await answered(engine, 5) < 2.0


def test_a_bucket_holds_a_minutes_worth():
    bucket = Bucket(60.0, share=0.5, now=0.0)
    assert bucket.level(0.0) == 30
    bucket.take(30)
    assert bucket.level(2.0) == 2
    assert bucket.level(1000.0) == 60
    assert Bucket(None, 1.0, 0.0).level(5.0) == float("inf")


async def test_the_fleet_refuses_and_is_down_as_told(fleet):
    async with aiohttp.ClientSession() as session:

        async def ask(text: str) -> int:
            body = {"model": "small", "messages": [{"role": "user", "content": text}]}
            async with session.post(f"{fleet.base('small')}/chat/completions", json=body) as answer:
                await answer.read()
                return answer.status

        async def reset(**body: object) -> None:
            await (await session.post(f"http://127.0.0.1:{fleet.port}/reset", json=body)).read()

        assert await ask("ping") == 200
        assert await ask("[[status 500]]") == 500
        await reset(outages=[["small", 0.0, 60.0]])
        assert await ask("ping") == 503
        await reset(filled=-1.0)  # a minute passes until there is one again, however busy the machine is
        assert await ask("ping") == 429
        await reset()
        assert await ask("ping") == 200


async def test_clients_replay_a_trace(fleet):
    trace = make_trace(1, 60.0).first(6)
    met = await replay(f"http://127.0.0.1:{fleet.port}/small", {}, "small", trace, speed=1000.0)
    assert len(met) == 6
    # Nobody says which deployment it was, but the tokens are those of the trace.
    assert sorted(one.completion_tokens for one in met) == sorted(trace.answer_tokens.tolist())


def test_the_trace_is_bursty_and_the_same_for_a_seed(tmp_path):
    trace = make_trace(3, 20_000.0)
    assert np.array_equal(trace.seconds, make_trace(3, 20_000.0).seconds)
    assert len(trace.seconds) / 20_000 == pytest.approx(0.6, rel=0.15)
    counts = np.bincount((trace.seconds / 60).astype(int))
    assert counts.var() / counts.mean() > 3  # 1 for a Poisson process
    assert set(trace.categories) == set(CATEGORIES)
    write_azure(tmp_path / "trace.csv", trace.first(2), speed=10.0)
    assert (tmp_path / "trace.csv").read_text().startswith("TIMESTAMP,ContextTokens,GeneratedTokens\n2026-01-01 00:00:")


def test_a_score_is_the_reward():
    models, shares = read_fleet(OWN_FLEET)[:2], {"chat": np.array([0.9, 0.8])}
    met = [
        Met("chat", "frontier-api", latency=12.0, ttft=2.0, prompt_tokens=1000, completion_tokens=100),
        Met("chat", None, latency=30.0, ttft=30.0, prompt_tokens=10, completion_tokens=0),
    ]
    found = score(met, models, shares)
    assert found.reward == pytest.approx((0.9 - 10 * (0.003 + 0.0015) - 0.2 - 0.2 - 1.0) / 2)
    assert (found.lost, found.late, found.latency) == (0.5, 1.0, 12.0)
    assert found.shares == {"frontier-api": 0.5, "mid-api": 0.0}
    text = table({"policy": [found, found], "other": [found, found]}, "policy")
    assert "0 of 2" in text
    assert "-272 ± 0" in text


def test_a_folder_that_is_there_is_left_alone(tmp_path, capsys):
    (tmp_path / "decisions.jsonl").write_text("of another demo\n")
    with pytest.raises(SystemExit) as ended:
        main(["--output", str(tmp_path)])
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: --output must be a new folder: {tmp_path}: File exists\n"
    assert (tmp_path / "decisions.jsonl").read_text() == "of another demo\n"
