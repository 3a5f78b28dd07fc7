"""Logs of made-up gateways in LiteLLM's columns: endpoints by the exact engine, so that the truth is known."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.stats import norm

from jax_router.v1 import ModelConfig
from tests.helpers.exact_engine import Engine, serve
from tests.helpers.regimes import sustained

BEGIN = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
"""A Monday, s since 1970."""
COLUMNS = (
    *("request_id", "call_type", "api_key", "spend", "prompt_tokens", "completion_tokens", "startTime", "endTime"),
    *("completionStartTime", "model", "model_group", "request_tags", "cache_hit", "status", "metadata", "messages"),
)
SECRET = "sk-not-to-be-seen"
TEXT = "a prompt that nobody may read"


@dataclass(frozen=True)
class Gateway:
    """The truth behind a log."""

    models: tuple[ModelConfig, ...]
    categories: tuple[str, ...]
    weights: np.ndarray  # (K,)
    shares: np.ndarray  # (K, N) of good answers
    beta: float
    lengths: Callable
    arrivals: Callable
    load: float
    """Share of what all models together sustain."""


Router = Callable[[np.random.Generator, np.ndarray, Gateway, np.ndarray], np.ndarray]
"""From a generator, times, the gateway and what each model sustains (prompts/s) to indices of models."""


def at_random(rng, seconds, gateway, capacity):
    """Any model, in proportion to what it sustains."""
    return rng.choice(len(capacity), size=len(seconds), p=capacity / capacity.sum())


def cheapest_first(rng, seconds, gateway, capacity):
    """The cheapest model that has room, as a bucket for each of them tells; any where none has."""
    order = np.argsort([model.price_in + model.price_out for model in gateway.models])
    room, before = 5 * capacity * gateway.load, seconds[0]
    chosen = np.empty(len(seconds), int)
    for i, now in enumerate(seconds.tolist()):
        room = np.minimum(room + capacity * gateway.load * (now - before), 5 * capacity * gateway.load)
        before = now
        anyone = rng.choice(len(capacity), p=capacity / capacity.sum())
        chosen[i] = next((m for m in order if room[m] >= 1), anyone)
        room[chosen[i]] -= 1
    return chosen


def write_log(folder: Path, gateway: Gateway, router: Router, size: int, seed: int = 0) -> Path:
    """Write `spend_logs.csv`, and `scores.csv` with a score of every answer; returns the path of the log."""
    rng = np.random.default_rng(seed)
    inputs, outputs = gateway.lengths(rng, size)
    capacity = np.array([_capacity(model, inputs, outputs) for model in gateway.models])
    seconds = gateway.arrivals(rng, size, gateway.load * capacity.sum())
    chosen = router(rng, seconds, gateway, capacity)
    category = rng.choice(len(gateway.weights), size=size, p=gateway.weights)
    ease, coin = rng.normal(size=size), rng.random(size)
    ttft, latency, refused = np.full((3, size), np.nan)
    for m, model in enumerate(gateway.models):
        rows = chosen == m
        served = serve(engine_of(model), seconds[rows], inputs[rows], outputs[rows])
        late = model.overhead * np.exp(model.jitter * rng.normal(size=rows.sum()))
        ttft[rows], latency[rows], refused[rows] = served.ttft + late, served.latency + late, served.refused
    probit = norm.ppf(gateway.shares[category, chosen])
    good = coin < norm.cdf(probit * np.sqrt(1 + gateway.beta**2) + gateway.beta * ease)
    with (folder / "spend_logs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for i in range(size):
            writer.writerow(_row(i, gateway, chosen, seconds, inputs, outputs, ttft, latency, refused, category))
    with (folder / "scores.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["request_id", "score"])
        writer.writerows([f"r{i}", int(good[i])] for i in range(size) if refused[i] == 0)
    return folder / "spend_logs.csv"


def _row(i, gateway, chosen, seconds, inputs, outputs, ttft, latency, refused, category):
    model, failed = gateway.models[chosen[i]], refused[i] > 0
    tokens = (int(inputs[i]), 0 if failed else int(outputs[i]))
    spend = 0.0 if failed else (model.price_in * tokens[0] + model.price_out * tokens[1]) / 1e6
    begun = BEGIN + seconds[i]
    ends = begun + (0.01 if failed else latency[i])
    first = begun + (0.01 if failed else ttft[i])
    secret = {"user_api_key": SECRET} | ({"error_information": {"error_code": "429"}} if failed else {})
    return (
        *(f"r{i}", "acompletion", SECRET, f"{spend:.9f}", *tokens, _time(begun), _time(ends), _time(first)),
        *(f"provider/{model.name}", model.name, json.dumps([gateway.categories[category[i]]]), "False"),
        *("failure" if failed else "success", json.dumps(secret), json.dumps([{"content": TEXT}])),
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def engine_of(model: ModelConfig, patience: float = np.inf) -> Engine:
    """The exact engine of a model, without its overhead, which has jitter of its own."""
    return Engine(
        step_time=model.step_time,
        step_time_per_sequence=model.step_time_per_sequence,
        prefill_rate=model.prefill_rate,
        slots=int(model.slots),
        chunk=model.chunk,
        rpm=model.rpm or np.inf,
        tpm=model.tpm or np.inf,
        patience=patience,
    )


def _capacity(model: ModelConfig, inputs: np.ndarray, outputs: np.ndarray) -> float:
    """Prompts/s that a model sustains with its limits."""
    limits = [(model.rpm or np.inf) / 60, (model.tpm or np.inf) / 60 / (inputs + outputs).mean()]
    return min(sustained(replace(model, slots=min(model.slots, 100)), inputs, outputs), *limits)
