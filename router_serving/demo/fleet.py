"""A fake fleet: OpenAI-compatible endpoints on loopback, with real queues, rate limits, outages and streams.

    python -m router_serving.demo.fleet --port 4010 --fleet fleet.toml

Each model answers below its own path, http://127.0.0.1:4010/NAME/v1. A prompt says how it is to be answered: the mark
`[[answer 57]]` asks for 57 tokens, `[[status 500]]` for that error, `[[hang]]` for an answer that never comes. A token
is four characters of a prompt. POST /reset begins anew: {"outages": [["NAME", 3.0, 8.0]], "filled": 1.0}, in s.
"""

import argparse
import asyncio
import json
import re
import time
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from aiohttp import web

from router_serving.demo.engine import Bucket, Engine, ModelSpec

OWN_FLEET = Path(__file__).with_name("fleet.toml")
"""The fleet of the demo."""
CHARACTERS_PER_TOKEN = 4
TOKENS_PER_EVENT = 16
"""Tokens that a stream sends at once, after the first one."""
USUAL_ANSWER = 8
"""Tokens of an answer to a prompt that asks for no length."""
MARK = re.compile(r"\[\[(\w+)(?: (\d+))?\]\]")


def read_fleet(path: Path) -> tuple[ModelSpec, ...]:
    """Read the models of a fleet file, as `jax_router.v1.load_models` does, but for what an endpoint need not know."""
    known = {one.name for one in fields(ModelSpec)}
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["models"]
    return tuple(ModelSpec(**{key: value for key, value in table.items() if key in known}) for table in tables)


class Endpoint:
    """One model behind HTTP: who may come in, and how it is answered."""

    def __init__(self, spec: ModelSpec) -> None:
        self.engine = Engine(spec)
        self.spec = spec
        self.counts = {"answered": 0, "refused": 0, "down": 0, "cancelled": 0}
        self.reset(1.0, [])

    def reset(self, filled: float, outages: Sequence[tuple[float, float]]) -> None:
        """Fill the buckets to a share, and be down at these times, s from now."""
        self._start = time.monotonic()
        self._outages = outages
        self.requests = Bucket(self.spec.rpm, filled, self._start)
        self.tokens = Bucket(self.spec.tpm, filled, self._start)
        self.counts = dict.fromkeys(self.counts, 0)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of the chat, completions or embeddings endpoint."""
        body = await request.json()
        text = _text_of(body)
        marks = {name: int(number or 0) for name, number in MARK.findall(text)}
        prompt_tokens = max(1, len(text) // CHARACTERS_PER_TOKEN)
        answer_tokens = min(marks.get("answer", USUAL_ANSWER), body.get("max_tokens") or 10**9)
        refusal = self._refusal(marks, prompt_tokens + answer_tokens)
        if refusal is not None:
            return refusal
        headers = self._take(prompt_tokens + answer_tokens)
        if "hang" in marks:
            await asyncio.sleep(3600)
        await asyncio.sleep(self.spec.overhead)
        sequence = self.engine.add(prompt_tokens, answer_tokens)
        usage = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": answer_tokens,
            "total_tokens": prompt_tokens + answer_tokens,
        }
        try:
            if body.get("stream"):
                return await self._stream(request, body, sequence.made, usage, headers)
            while await sequence.made.get():
                pass
            self.counts["answered"] += 1
            return web.json_response(_answer(request.path, body["model"], usage), headers=headers)
        except (asyncio.CancelledError, ConnectionError):
            sequence.gone = True
            self.counts["cancelled"] += 1
            raise

    async def _stream(
        self,
        request: web.Request,
        body: dict[str, Any],
        made: "asyncio.Queue[int]",
        usage: dict[str, int],
        headers: dict[str, str],
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **headers})
        await response.prepare(request)

        async def send(choices: list[dict[str, Any]], **more: Any) -> None:
            event = {"id": "demo", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}
            await response.write(b"data: " + json.dumps({**event, "choices": choices, **more}).encode() + b"\n\n")

        count, is_first = 0, True
        while await made.get():
            count += 1
            if is_first or count == TOKENS_PER_EVENT:
                delta = {"role": "assistant", "content": " word" * count}
                await send([{"index": 0, "delta": delta, "finish_reason": None}])
                count, is_first = 0, False
        await send([{"index": 0, "delta": {"content": " word" * count}, "finish_reason": "stop"}])
        await send([], usage=usage)
        await response.write(b"data: [DONE]\n\n")
        self.counts["answered"] += 1
        return response

    def _refusal(self, marks: dict[str, int], tokens: int) -> web.Response | None:
        now = time.monotonic()
        if "status" in marks:
            return _error(marks["status"], "as the prompt asked")
        if any(start <= now - self._start < end for start, end in self._outages):
            self.counts["down"] += 1
            return _error(503, f"{self.spec.name} is down")
        if self.requests.level(now) < 1 or self.tokens.level(now) < tokens:
            self.counts["refused"] += 1
            return _error(429, f"rate limit of {self.spec.name}", headers=self._left())
        return None

    def _take(self, tokens: int) -> dict[str, str]:
        self.requests.take(1)
        self.tokens.take(tokens)
        return self._left()

    def _left(self) -> dict[str, str]:
        now = time.monotonic()
        buckets = {"requests": self.requests, "tokens": self.tokens}
        return {
            f"x-ratelimit-remaining-{name}": str(int(max(0, bucket.level(now))))
            for name, bucket in buckets.items()
            if bucket.size is not None
        }


def application(models: Sequence[ModelSpec]) -> web.Application:
    """The fleet as an application of aiohttp."""
    endpoints = {model.name: Endpoint(model) for model in models}
    app = web.Application(client_max_size=2**24)
    for name, endpoint in endpoints.items():
        for path in ("chat/completions", "completions", "embeddings", "responses"):
            app.router.add_post(f"/{name}/v1/{path}", endpoint.handle)

    async def reset(request: web.Request) -> web.Response:
        body = await request.json()
        for name, endpoint in endpoints.items():
            outages = [(start, end) for down, start, end in body.get("outages", []) if down == name]
            endpoint.reset(body.get("filled", 1.0), outages)
        return web.json_response({})

    async def stats(_: web.Request) -> web.Response:
        found = {name: {"inside": e.engine.inside, **e.counts} for name, e in endpoints.items()}
        return web.json_response(found)

    app.router.add_post("/reset", reset)
    app.router.add_get("/stats", stats)
    return app


def _text_of(body: dict[str, Any]) -> str:
    if "messages" in body:
        contents = [message.get("content") for message in body["messages"]]
        return " ".join(c if isinstance(c, str) else json.dumps(c) for c in contents if c)
    given = body.get("prompt", body.get("input", ""))
    return given if isinstance(given, str) else " ".join(map(str, given))


def _answer(path: str, model: str, usage: dict[str, int]) -> dict[str, Any]:
    about = {"id": "demo", "created": int(time.time()), "model": model, "usage": usage}
    if path.endswith("embeddings"):
        return {**about, "object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.0, 1.0]}]}
    text = " word" * usage["completion_tokens"]
    if path.endswith("responses"):
        return _response(about, text)
    if path.endswith("chat/completions"):
        message = {"role": "assistant", "content": text}
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": "stop"}
        return {**about, "object": "chat.completion", "choices": [choice]}
    return {**about, "object": "text_completion", "choices": [{"index": 0, "text": text, "finish_reason": "stop"}]}


def _response(about: dict[str, Any], text: str) -> dict[str, Any]:
    """An answer in the form of the responses endpoint."""
    usage = about["usage"]
    content = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "id": "demo", "role": "assistant", "status": "completed", "content": [content]}
    counts = {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        **{"id": "demo", "object": "response", "created_at": about["created"], "model": about["model"]},
        **{"status": "completed", "output": [message], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []},
        "usage": {**counts, **details, "total_tokens": usage["total_tokens"]},
    }


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "fleet"}}, status=status, headers=headers)


def main(args: Sequence[str] | None = None) -> None:
    """Serve a fleet until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m router_serving.demo.fleet", description="Serve a fake fleet.")
    parser.add_argument("--port", type=int, default=4010, help="listen there, on 127.0.0.1 alone")
    parser.add_argument("--fleet", type=Path, default=OWN_FLEET, help="the models, one [[models]] table each")
    given = parser.parse_args(args)
    # A client that leaves cancels its handler: its sequence must leave the engine.
    web.run_app(
        application(read_fleet(given.fleet)), host="127.0.0.1", port=given.port, print=None, handler_cancellation=True
    )


if __name__ == "__main__":
    main()
