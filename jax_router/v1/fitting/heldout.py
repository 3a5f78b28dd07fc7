"""Real beside simulated, on the part of the log that nothing was fitted to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jax
import numpy as np

from jax_router.v1.fitting.arrivals import SIMULATED, WINDOWS, counts_in, dispersion, simulate
from jax_router.v1.fitting.fit import FittedProblem, came
from jax_router.v1.lengths import draw_pair
from jax_router.v1.problem import Problem
from jax_router.v1.replay import DAY, Played, Replay, as_routed, make_replay

CLOSE = 0.1
"""How far means of cost, latency and tokens may be off before the verdict says so."""
CLOSE_BURSTS = 0.25
"""The same of the index of dispersion."""
MOST_SIMULATED = 1_000_000
"""Arrivals of the simulation that the held-out part is compared with."""
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
    simulated_times: np.ndarray  # (S,) s
    simulated_tokens: np.ndarray  # (2, S) prompts and answers
    replay: Replay | None
    """None: the log does not say how long answers are."""
    played: Played | None


def compare_held_out(fitted: FittedProblem, problem: Problem, seed: int = 0) -> HeldOut:
    """Simulate the held-out part; `problem` is what was written to the folder and read again."""
    log = fitted.held_out
    settings = {name: estimate.value for name, estimate in fitted.arrivals.numbers.items()}
    times = simulate(settings, fitted.arrivals.load, int(np.clip(20 * len(log), SIMULATED, MOST_SIMULATED)), seed + 1)
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
    use = _and(good) if good else "nothing that the log could check"
    return f"This simulator may be used for {use}{f'; not for {_and(bad)}' if bad else ''}."


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _arrivals(real: np.ndarray, simulated: np.ndarray) -> Iterator[Compared]:
    """Rate and dispersion, beside those of simulations that are as long."""
    span = float(real[-1] - real[0])
    seen, made = counts_in(real, 1.0), counts_in(simulated, 1.0)
    parts = [made[i : i + len(seen)] for i in range(0, len(made) - len(seen) + 1, len(seen))] or [made]

    def compared(what: str, number: Callable[[np.ndarray], float]) -> Compared:
        low, high = np.percentile([number(part) for part in parts], [2.5, 97.5])
        return Compared("arrivals", what, number(seen), number(made), (float(low), float(high)))

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
