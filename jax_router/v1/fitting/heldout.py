"""Real beside simulated, on the part of the log that nothing was fitted to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import jax
import numpy as np

from jax_router.v1.fitting.arrivals import WINDOWS, counts_in, dispersion
from jax_router.v1.fitting.estimate import Estimate
from jax_router.v1.fitting.fit import FittedProblem, came
from jax_router.v1.fitting.simulated import simulate
from jax_router.v1.lengths import draw_pair
from jax_router.v1.problem import Problem
from jax_router.v1.replay import DAY, Played, Replay, as_routed, make_replay

CLOSE = 0.1
"""How far means of cost, latency and tokens may be off before the verdict says so."""
CLOSE_BURSTS = 0.25
"""The same of the index of dispersion."""
FEWEST_TIMES, MOST_TIMES = 4, 40
"""Simulations that the held-out part is compared with."""
MOST_SIMULATED = 4_000_000
"""Arrivals of all of them, as far as the fewest allow."""
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Compared:
    """One number of the held-out part, and what the simulator makes of it."""

    about: str
    """A model, "arrivals", "prompt", "answer", or "cost"."""
    what: str
    """What it is, with its unit."""
    real: float
    simulated: float
    range: tuple[float, float] | None = None
    """Where 95 % of simulations as long as the held-out part lie, for what varies from one to the next."""

    @property
    def is_expected(self) -> bool:
        """Whether the real number is in the range."""
        return self.range is not None and self.range[0] <= self.real <= self.range[1]

    @property
    def error(self) -> float:
        """Simulated over real, less 1; NaN where the real one is 0."""
        return self.simulated / self.real - 1 if self.real else float("nan")


@dataclass(frozen=True)
class HeldOut:
    """The comparison, and what pictures of it are drawn from."""

    rows: tuple[Compared, ...]
    simulated_times: tuple[np.ndarray, ...]
    """Arrivals, s since 1970, of simulations of the very hours of the held-out part."""
    simulated_tokens: np.ndarray  # (2, S) prompts and answers
    replay: Replay | None
    """None: the log does not say how long answers are."""
    played: Played | None


def compare_held_out(fitted: FittedProblem, problem: Problem, seed: int = 0) -> HeldOut:
    """Simulate the held-out part; `problem` is what was written to the folder and read again."""
    log = fitted.held_out
    times = _as_long(fitted, came(log), seed + 1)
    tokens = _tokens(problem, seed)
    rows = [*_arrivals(came(log), times)]
    kinds = [("prompt", log.prompt_tokens, tokens[0])]
    if log.has("completion_tokens"):
        kinds.append(("answer", log.completion_tokens, tokens[1]))
    for about, real, simulated in kinds:
        rows += _distribution(about, "tokens", real, simulated)
    if not log.has("completion_tokens"):
        return HeldOut(tuple(rows), times, tokens, None, None)
    replay = make_replay(problem, log, seed)
    played = as_routed(replay)
    rows += _cost(replay, played)
    rows += _latencies(replay, played)
    return HeldOut(tuple(rows), times, tokens, replay, played)


def verdict(held_out: HeldOut, fitted: FittedProblem) -> str:
    """In one line, what the simulator may be used for, and what not."""
    good: list[str] = []
    bad: list[str] = []

    def judge(name: str, about: tuple[str, ...], start: str, bound: float = CLOSE) -> None:
        rows = [row for row in held_out.rows if row.about in about and row.what.startswith(start)]
        fits = bool(rows) and all(abs(row.error) <= bound or row.is_expected for row in rows)
        (good if fits else bad).append(name if rows else f"{name} (the log does not have it)")

    judge("cost", ("cost",), "USD")
    judge("lengths of prompts and answers", ("prompt", "answer"), "tokens, mean")
    judge("the rate of prompts", ("arrivals",), "rate")
    judge("bursts", ("arrivals",), "dispersion", CLOSE_BURSTS)
    for model in fitted.models:
        judge(model, (model,), "latency, mean")
    slow = [name for name in bad if name.split(" (")[0] in fitted.models]
    fast = [name for name in good if name in fitted.models]
    good, bad = [n for n in good if n not in fast], [n for n in bad if n not in slow]
    if fast:
        good.append("latency" if not slow else f"latency of {_and(fast)}")
    if slow:
        bad.append(f"latency of {_and(slow)}" if fast else "latency")
    unknown = [name for name, model in fitted.models.items() if getattr(model.get("slots"), "is_prior", False)]
    if unknown:
        bad.append(f"loads far above the log's at {_and(unknown)}, whose slots are a prior")
    queued = [name for name, model in fitted.models.items() if _always_queued(model)]
    if queued:
        bad.append(f"loads far below the log's at {_and(queued)}, where nearly every request met a queue")
    use = _and(good) if good else "nothing that the log could check"
    return f"This simulator may be used for {use}{f'; not for {_and(bad)}' if bad else ''}."


def _always_queued(model: Mapping[str, Estimate | str]) -> bool:
    """Whether the log tells an iteration of this model, and not what goes before it."""
    step_time, overhead = model.get("step_time"), model.get("overhead")
    return bool(step_time and overhead and not step_time.is_prior and overhead.is_prior)  # type: ignore[union-attr]


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _as_long(fitted: FittedProblem, real: np.ndarray, seed: int) -> tuple[np.ndarray, ...]:
    """Arrivals of several simulations, s since 1970, from the first real one to the last, (R,)."""
    arrivals = fitted.arrivals
    settings = {name: estimate.value for name, estimate in arrivals.numbers.items()}
    many = int(np.clip(MOST_SIMULATED // len(real), FEWEST_TIMES, MOST_TIMES))
    count, begin = len(real), float(real[0])
    while True:
        times = simulate(settings, count, many, seed, day=arrivals.day, week=arrivals.week, begin=begin)
        if (times[:, -1] >= real[-1]).all():
            return tuple(one[one < real[-1]] for one in times)
        count *= 2


def _arrivals(real: np.ndarray, simulated: tuple[np.ndarray, ...]) -> Iterator[Compared]:
    """Rate and dispersion, beside those of simulations that are as long."""
    span = float(real[-1] - real[0])
    seen, parts = counts_in(real, 1.0), [counts_in(one, 1.0) for one in simulated]

    def compared(what: str, number: Callable[[np.ndarray], float]) -> Compared:
        made = [number(part) for part in parts]
        low, high = np.percentile(made, [2.5, 97.5])
        return Compared("arrivals", what, number(seen), float(np.mean(made)), (float(low), float(high)))

    yield compared("rate, prompts/s", lambda counts: float(counts.mean()))
    for window in WINDOWS:
        if window <= span / 20:
            yield compared(f"dispersion in {window:.0f} s", lambda counts, w=int(window): dispersion(counts, w))  # type: ignore[misc]


def _distribution(about: str, what: str, real: np.ndarray, simulated: np.ndarray) -> Iterator[Compared]:
    yield Compared(about, f"{what}, mean", float(real.mean()), float(simulated.mean()))
    for percentile in PERCENTILES:
        both = np.percentile(real, percentile), np.percentile(simulated, percentile)
        yield Compared(about, f"{what}, p{percentile}", float(both[0]), float(both[1]))


def _cost(replay: Replay, played: Played) -> Iterator[Compared]:
    billed = np.isfinite(replay.log.cost)
    if billed.any():
        days = max(replay.log.span, 1.0) / DAY
        real, simulated = replay.log.cost[billed].sum() / days, played.outcome.cost[billed].sum(dtype=np.float64) / days
        yield Compared("cost", "USD a day", float(real), float(simulated))


def _latencies(replay: Replay, played: Played) -> Iterator[Compared]:
    log, outcome = replay.log, played.outcome
    for m, name in enumerate(log.models):
        for what, real, simulated in (
            ("latency, s", log.latency, outcome.latency),
            ("ttft, s", log.ttft, outcome.ttft),
        ):
            rows = (log.model == m) & np.isfinite(real) & ~np.asarray(outcome.lost)
            if rows.sum() >= 20:
                quantity = what.split(",")[0]
                for one in _distribution(name, quantity, real[rows], np.asarray(simulated, np.float64)[rows]):
                    yield Compared(name, f"{one.what}, s", one.real, one.simulated)


def _tokens(problem: Problem, seed: int, count: int = 50_000) -> np.ndarray:
    """Prompts and answers of the tables, (2, count) float64."""
    uniform = jax.random.uniform(jax.random.key(seed), (2, count))
    draw = jax.jit(jax.vmap(lambda a, b: draw_pair(a, b, problem.traffic.lengths)))
    prompts, _, answers = draw(uniform[0], uniform[1])
    return np.stack([np.asarray(prompts, np.float64), np.asarray(answers, np.float64)])
