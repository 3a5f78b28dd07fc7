"""Routing problems drawn at random from wide ranges, for one policy that routes for fleets it never saw.

The ranges are meant to hold what people run: hosted models of 0.05 to 5 USD per 10^6 tokens with rate limits, and
models of one's own with slots, under a load of 0.35 to 0.9 of what the fleet sustains.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.episodes import Episodes
from jax_router.internal.arrays import constant
from jax_router.internal.checks import check_whole_number
from jax_router.rollout import run_episodes
from jax_router.simulator import PRACTICALLY_INFINITE
from jax_router.tuning import Tuned
from jax_router.v1.arrivals import Arrivals
from jax_router.v1.fleet import ModelConfig
from jax_router.v1.lengths import MEASURED
from jax_router.v1.params import Params
from jax_router.v1.scenarios import make_params
from jax_router.v1.settings import GivenSettings
from jax_router.v1.tuning import rule_at, search_prices

FEWEST, MOST = 2, 8
"""The numbers of models in a fleet."""
HOSTED = 0.6
"""The probability that a model is hosted by somebody else, with rate limits in place of slots."""
LONGEST = max(float(tables.input_quantiles[-1]) for tables in MEASURED.values())
"""The longest prompt in any of the problems, tokens."""
CANDIDATES_AT_ONCE = 32
"""The candidates of a search under one `vmap`."""
ABSENT_LIMIT = 1e-6
"""Requests, or tokens, a minute that an absent model accepts: its bucket never holds one request."""


def random_problem(generator: np.random.Generator) -> tuple[tuple[ModelConfig, ...], Params]:
    """Draw a fleet of `FEWEST` to `MOST` models and the traffic that it gets; return the models, and the problem."""
    models = tuple(_random_model(generator, f"model-{i}") for i in range(generator.integers(FEWEST, MOST + 1)))
    settings: GivenSettings = {
        "budget": PRACTICALLY_INFINITE,
        "lengths": "conv" if generator.random() < 0.75 else "code",
        "burst_std": generator.uniform(0.0, 0.6),
        "burst_time": _log_uniform(generator, 10, 120),
        "load_amplitude": generator.uniform(0.0, 0.7),
        "follow_up": generator.uniform(0.2, 0.7) if generator.random() < 0.3 else 0.0,
        "beta": generator.uniform(0.8, 1.6),
        "rho": generator.uniform(0.4, 0.8),
        "kappa": generator.uniform(0.1, 0.4),
    }
    problem = make_params("default", models, **settings)
    sustained = np.asarray(problem.engines.sustained)
    arrivals = replace(problem.arrivals, rate=constant(generator.uniform(0.35, 0.9) * sustained.sum()))
    if generator.random() < 0.25:
        arrivals = _with_pauses(generator, arrivals)
    # What is refused goes to the model with most room.
    roomiest = int(np.argmax(sustained))
    fleet = replace(problem.fleet, fallback=constant([roomiest] * len(models), np.int32))
    models = tuple(replace(model, fallback=models[roomiest].name) for model in models)
    # One measure for all problems, so that one network can read the token counts of all.
    lengths = replace(problem.traffic.lengths, longest=constant(LONGEST))
    traffic = replace(problem.traffic, lengths=lengths)
    return models, replace(problem, fleet=fleet, arrivals=arrivals, traffic=traffic)


def _with_pauses(generator: np.random.Generator, arrivals: Arrivals) -> Arrivals:
    """Return arrivals of the same mean rate that pause for a fifth to a half of the time."""
    paused, pause, rate = generator.uniform(0.2, 0.5), _log_uniform(generator, 2, 20), float(arrivals.rate)
    # Gaps of mean g and pauses of mean w, each with probability p, come to a rate of 1 / (g + p w).
    return replace(
        arrivals,
        rate=constant(rate / (1 - paused)),
        pause_prob=constant(min(1.0, paused / (rate * pause))),
        pause_mean=constant(pause),
    )


def random_problems(seed: int, count: int) -> list[tuple[tuple[ModelConfig, ...], Params]]:
    """Draw `count` problems, which follow from the seed; the first ones do not depend on `count`.

    Raises `ValueError` for a seed or a count that is not a whole number, or out of range.
    """
    check_whole_number("seed", seed, at_least=0)
    check_whole_number("count", count, at_least=1)
    return [random_problem(np.random.default_rng((seed, i))) for i in range(count)]


def padded(params: Params, num_models: int) -> Params:
    """Return the problem with absent models behind its own, which nobody can use, up to `num_models`.

    Raises `ValueError` where it has more models than that.
    """
    own = params.num_models
    if own > num_models:
        raise ValueError(f"num_models is {num_models}; this fleet has {own} models")

    def pad(leaf: jax.Array) -> jax.Array:
        array = np.asarray(leaf)
        if array.ndim == 0 or array.shape[-1] != own:
            return leaf
        return constant(
            np.concatenate([array, np.repeat(array[..., :1], num_models - own, axis=-1)], axis=-1), array.dtype
        )

    fleet, engines = jax.tree.map(pad, params.fleet), jax.tree.map(pad, params.engines)
    present = np.arange(num_models) < own
    nothing = constant(0.0)
    fleet = replace(
        fleet,
        failure_rate=np.where(present, fleet.failure_rate, nothing),
        **{
            name: np.where(present, getattr(fleet, name), np.float32(ABSENT_LIMIT))
            for name in ("request_limit", "token_limit")
        },
    )
    quality = params.quality
    quality = replace(
        quality, mean=pad(quality.mean), common=pad(quality.common), own=pad(quality.own), hidden=pad(quality.hidden)
    )
    return replace(params, fleet=fleet, engines=engines, quality=quality)


def numbers_of_each(key: jax.Array, problems: Params, num_episodes: int) -> np.ndarray:
    """Search the prices of the strongest rule for each of P problems of one shape, fields (P, ...): (P, 3) float32.

    The search is that of `tuning.best_prices`; its program is compiled once for all of them.
    """

    @jax.jit
    def means(params: Params, candidates: jax.Array) -> Episodes:
        def of_one(prices: jax.Array) -> Episodes:
            episodes = run_episodes(key, rule_at(params, prices), num_episodes, params)
            return jax.tree.map(lambda rows: rows.mean(0, dtype=jnp.float32), episodes)

        return jax.lax.map(of_one, candidates, batch_size=CANDIDATES_AT_ONCE)

    def best(params: Params) -> np.ndarray:
        def attempt(candidates: np.ndarray) -> Tuned:
            results = jax.tree.map(np.asarray, means(params, candidates))
            return Tuned(candidates, results.reward, results)

        return search_prices(attempt).best

    count = len(jax.tree.leaves(problems)[0])
    return np.stack([best(jax.tree.map(lambda leaf, i=i: leaf[i], problems)) for i in range(count)])


def _random_model(generator: np.random.Generator, name: str) -> ModelConfig:
    score = generator.uniform(0.55, 0.96)
    price_in = _log_uniform(generator, 0.05, 5.0) * np.exp(3 * (score - 0.8))
    shared = {
        "name": name,
        "quality_score": score,
        "price_in": price_in,
        "price_out": price_in * generator.uniform(1.5, 6),
        "cached_price": generator.choice([0.1, 0.25, 0.5, 1.0]),
    }
    if generator.random() < HOSTED:
        return ModelConfig(
            **shared,
            step_time=_log_uniform(generator, 0.004, 0.030),
            prefill_rate=_log_uniform(generator, 8_000, 40_000),
            overhead=_log_uniform(generator, 0.15, 1.2),
            jitter=generator.uniform(0.1, 0.5),
            rpm=_log_uniform(generator, 60, 3_000),
            tpm=_log_uniform(generator, 15_000, 400_000),
            mtbf=_log_uniform(generator, 1_800, 28_800),
            mttr=_log_uniform(generator, 20, 300),
        )
    step_time = _log_uniform(generator, 0.006, 0.040)
    return ModelConfig(
        **shared,
        step_time=step_time,
        step_time_per_sequence=step_time * generator.uniform(0.001, 0.006),
        prefill_rate=_log_uniform(generator, 3_000, 30_000),
        slots=round(_log_uniform(generator, 16, 128)),
        overhead=_log_uniform(generator, 0.02, 0.2),
        mtbf=_log_uniform(generator, 3_600, 57_600),
        mttr=_log_uniform(generator, 30, 300),
    )


def _log_uniform(generator: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))
