"""Requests for an endpoint of LLMRouter-v1, and the same requests through the environment and the exact engine."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.trace import Trace
from jax_router.v1 import DEFAULT_MODELS, ModelConfig, Traffic, make_params
from jax_router.v1.env import initial_state, transition
from jax_router.v1.lengths import CONV
from jax_router.v1.noise import draw_noise
from tests.helpers.exact_engine import Engine, Served, serve

MODELS = {model.name: model for model in DEFAULT_MODELS}


@dataclass(frozen=True)
class Requests:
    """R requests."""

    seconds: np.ndarray  # (R,) s
    inputs: np.ndarray  # (R,) whole tokens
    outputs: np.ndarray  # (R,) whole tokens, at least 1


def tabled(tables):
    """Whole tokens of prompts and answers as the tables have them."""

    def lengths(rng, size):
        uniform = rng.random((2, size))
        position = np.sqrt(uniform) / (np.sqrt(uniform) + np.sqrt(1 - uniform))
        inputs = np.interp(position[0] * 126, np.arange(127), tables.input_quantiles)
        bins = (uniform[0] * 12).astype(int)
        places = zip(position[1], bins, strict=True)
        outputs = np.array([np.interp(x * 9, np.arange(10), tables.output_quantiles[k]) for x, k in places])
        return np.maximum(1, inputs.round()), np.maximum(1, outputs.round())

    return lengths


def exponential(rng, size):
    """Prompts of the conversation trace with exponential answers."""
    return tabled(CONV)(rng, size)[0], np.maximum(1, rng.exponential(211, size).round())


def heavy(cv, mean_input=500, mean_output=200):
    """Lognormal answers with such a coefficient of variation."""

    def lengths(rng, size):
        std = np.sqrt(np.log1p(cv**2))
        outputs = mean_output * np.exp(std * rng.normal(size=size) - std**2 / 2)
        inputs = mean_input * np.exp(0.8 * rng.normal(size=size) - 0.32)
        return np.maximum(1, inputs.round()), np.maximum(1, outputs.round())

    return lengths


def poisson(rng, size, rate):
    return np.cumsum(rng.exponential(1 / rate, size))


def on_off(rng, size, rate, time_on=20.0, time_off=40.0):
    """Arrivals at `rate` on average, all of them in times of `time_on` s that `time_off` s part from each other."""
    busy = poisson(rng, size, rate * (time_on + time_off) / time_on)
    return busy + np.floor(busy / time_on) * time_off


def cox(std, memory=30.0):
    """Arrivals whose rate is lognormal and remembers `memory` s."""

    def arrivals(rng, size, rate):
        grid = 0.5
        count = int(size / rate / grid * 3) + 1000
        kept = np.exp(-grid / memory)
        level = np.empty(count)
        level[0] = rng.normal()
        for i, step in enumerate(rng.normal(size=count - 1)):
            level[i + 1] = kept * level[i] + np.sqrt(1 - kept**2) * step
        work = np.concatenate([[0], np.cumsum(rate * np.exp(std * level - std**2 / 2) * grid)])
        return np.interp(np.cumsum(rng.exponential(1, size)), work, np.arange(count + 1) * grid)

    return arrivals


def sustained(model: ModelConfig, inputs, outputs) -> float:
    """Prompts/s that an endpoint takes with every slot taken."""
    slots = min(model.slots, model.chunk * outputs.mean() / inputs.mean())
    full = model.step_time + model.step_time_per_sequence * slots
    return 1 / (inputs.mean() / model.prefill_rate + outputs.mean() * full / slots)


def make_requests(model, lengths, arrivals, load, size=12_000, seed=0) -> Requests:
    """Requests at a share `load` of what the model sustains."""
    rng = np.random.default_rng(seed)
    inputs, outputs = lengths(rng, size)
    return Requests(arrivals(rng, size, load * sustained(model, inputs, outputs)), inputs, outputs)


def routed(models, requests: Requests, actions=None, patience=1e6, seed=0):
    """The requests through the environment: outcomes, fields (R,), and how long each was down before, (R, N) s."""
    models = [replace(model, jitter=0.0, fallback=model.name) for model in models]
    trace = Trace(requests.seconds, requests.inputs, None, requests.outputs, "seconds", 0)
    params = make_params("replay", models, traffic=Traffic.from_requests(trace), rate=1.0, patience=patience)
    actions = np.zeros(len(requests.seconds), np.int32) if actions is None else actions
    return jax.tree.map(np.asarray, _run(params, actions, jax.random.key(seed)))


@jax.jit
def _run(params, actions, key):
    noise = draw_noise(key, params.num_models, actions.shape)
    first = replace(jax.tree.map(lambda rows: rows[0], noise), pause=jnp.float32(0), follow_up=jnp.float32(1))
    state = initial_state(first, params)  # at the first row, with full buckets

    def step(state, inputs):
        action, noise = inputs
        later, outcome = transition(state, action, noise, params)
        return later, (outcome, state.down)

    return jax.lax.scan(step, state, (actions, noise))[1]


def exact(model: ModelConfig, requests: Requests, patience=np.inf, down=None) -> Served:
    """The requests through the exact engine; `down`, (R,) s, says how long an outage still is at each of them."""
    outages = []
    if down is not None:
        outages = [(t, t + d) for t, d in zip(requests.seconds.tolist(), down.tolist(), strict=True) if d > 0]
    engine = Engine(
        step_time=model.step_time,
        step_time_per_sequence=model.step_time_per_sequence,
        prefill_rate=model.prefill_rate,
        slots=int(model.slots),
        chunk=model.chunk,
        overhead=model.overhead,
        rpm=model.rpm or np.inf,
        tpm=model.tpm or np.inf,
        patience=patience,
        outages=outages,
    )
    return serve(engine, requests.seconds, requests.inputs, requests.outputs)


@dataclass(frozen=True)
class Agreement:
    """How far the environment is from the exact engine, over requests that both serve."""

    latency: float
    """Mean of the environment over the exact one, less 1."""
    ttft: float
    correlation: float
    """Of the latencies, request by request."""
    refused: tuple[float, float]
    """Shares, the exact one first."""
    gave_up: tuple[float, float]


def agreement(outcome, served: Served) -> Agreement:
    both = ~outcome.lost & np.isfinite(served.latency)
    ours, theirs = outcome.latency[both].astype(float), served.latency[both]
    return Agreement(
        latency=ours.mean() / theirs.mean() - 1,
        ttft=outcome.ttft[both].astype(float).mean() / served.ttft[both].mean() - 1,
        correlation=np.corrcoef(ours, theirs)[0, 1],
        refused=(served.refused.mean(), outcome.refused.mean()),
        gave_up=(served.gave_up.mean(), (outcome.lost & ~outcome.refused).mean()),
    )
