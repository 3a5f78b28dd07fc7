"""A fitted problem as a folder: problem.toml, in which every number says where it is from, and its tables as CSV."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime

import numpy as np

from jax_router.internal.tables import knot_probabilities
from jax_router.v1.fitting.estimate import Estimate
from jax_router.v1.fitting.fit import FittedProblem
from jax_router.v1.fitting.quality import SHRINKAGE
from jax_router.v1.fleet import ModelConfig
from jax_router.v1.problem import ENVIRONMENT, FILE
from jax_router.v1.reward import RewardConfig

UNITS = {
    **{"price_in": "USD per 10^6 tokens", "price_out": "USD per 10^6 tokens", "cached_price": "share of price_in"},
    **{"step_time": "s", "step_time_per_sequence": "s", "prefill_rate": "tokens/s", "slots": "sequences"},
    **{"chunk": "tokens", "overhead": "s", "rpm": "requests a minute", "tpm": "tokens a minute"},
    **{"mtbf": "s", "mttr": "s", "rate": "prompts/s outside of pauses", "burst_time": "s", "pause_mean": "s"},
    **{"patience": "s"},
}
"""Units of the numbers, by name."""
EPISODE = 1000
"""Prompts of an episode."""


def folder_of(
    problem: FittedProblem, log_name: str, rename: Mapping[str, str], category: str | None = None
) -> dict[str, str]:
    """The texts of the folder's files by name; the other arguments say what the log was, and how it was read."""
    how = (
        [f"rename = {{ {', '.join(f'{_text(old)} = {_text(new)}' for old, new in rename.items())} }}"] if rename else []
    )
    how += [f"category = {_text(category)}"] if category else []
    files = {FILE: "\n".join(_lines(problem, log_name, how)) + "\n"}
    if problem.lengths is not None:
        prompts = problem.lengths.input_quantiles[:, None]
        probabilities = [f"{p:.6f}" for p in knot_probabilities(len(prompts))]
        files["prompt_tokens.csv"] = _csv(["probability", "tokens"], probabilities, prompts)
        answers = problem.lengths.output_quantiles
        header = ["bin of the prompt", *(f"answer at {p:.4f}" for p in knot_probabilities(answers.shape[1]))]
        files["answer_tokens.csv"] = _csv(header, list(map(str, range(len(answers)))), answers)
    if problem.quality is not None:
        files["quality.csv"] = _quality_csv(problem)
    return files


def _lines(problem: FittedProblem, log_name: str, how: Sequence[str]) -> Iterator[str]:
    fitted, held_out = problem.fitted, problem.held_out
    yield "# A routing problem, written by `python -m jax_router.fit`. Every number may be changed by hand: a comment"
    yield "# says where it is from and, where it was fitted, its 95 % interval; `prior` means that the log cannot tell."
    yield f"environment = {_text(ENVIRONMENT)}"
    yield ""
    yield "[log]"
    yield f"file = {_text(log_name)}  # {_text(fitted.format)}"
    yield f"fitted_from = {fitted.seconds[0]:.3f}  # {_date(fitted.seconds[0])}, {len(fitted):,} requests"
    yield f"held_out_from = {problem.held_out_from:.3f}  # {_date(problem.held_out_from)}, {len(held_out):,} requests"
    yield from how
    yield ""
    yield from _settings(problem)
    yield ""
    yield "[reward]  # what you want, which no log tells: these are the defaults"
    for field in fields(RewardConfig):
        yield f"{field.name} = {field.default}"
    yield ""
    yield from _traffic(problem)
    yield from _quality(problem)
    for name, model in problem.models.items():
        yield ""
        yield "[[models]]"
        yield f"name = {_text(name)}"
        for field in fields(ModelConfig):
            if field.name in model:
                yield _line(field.name, model[field.name])


def _settings(problem: FittedProblem) -> Iterator[str]:
    arrivals = problem.arrivals
    yield "[settings]"
    variance, memory = arrivals.variance, arrivals.memory
    yield (
        f"# {arrivals.process}: it predicts the held-out counts best; the rate's relative variance is "
        f"{variance.value:.3g} ({variance.in_words()}), its memory {memory.value:.3g} s ({memory.in_words()})"
    )
    for name, estimate in arrivals.numbers.items():
        yield _line(name, estimate)
    yield _line("patience", problem.patience)
    yield f"episode_length = {EPISODE}  # prompts"
    yield f"budget = {_number(_budget(problem))}  # USD an episode; what it costs at the dearest model: set your own"
    if problem.quality is None:
        yield "beta = 1.2  # prior: without a table of qualities, as are rho and kappa"


def _budget(problem: FittedProblem) -> float:
    """USD of an episode at the dearest model, at least a cent."""
    log = problem.fitted
    tokens = log.prompt_tokens.mean(), np.nan_to_num(log.completion_tokens).mean()
    prices = [[_value(model[name]) for name in ("price_in", "price_out")] for model in problem.models.values()]
    return max(0.01, float((np.array(prices) @ tokens).max()) * EPISODE / 1e6)


def _traffic(problem: FittedProblem) -> Iterator[str]:
    yield "[traffic]"
    if problem.lengths is None:
        yield 'lengths = "conv"  # prior: the log does not say how long answers are'
    else:
        yield f'prompts = "prompt_tokens.csv"  # quantiles; log, {len(problem.fitted):,} requests'
        yield 'answers = "answer_tokens.csv"  # quantiles of the answers in each of 12 bins of the prompts'
    day, week = problem.arrivals.day, problem.arrivals.week
    why = "prior: the log is too short for a profile of the day" if day.is_flat else "by the hour of the day in UTC"
    yield f"load = {_list(day.load)}  # {why}"
    if week.is_flat:
        yield "# no week: the log is shorter than two weeks and a half, or its days differ by no more than chance"
    else:
        yield f"week = {_list(week.load)}  # what the load counts on each day in UTC, from Monday on; log"


def _quality(problem: FittedProblem) -> Iterator[str]:
    quality = problem.quality
    if quality is None:
        return
    yield ""
    yield "[quality]"
    yield f'table = "quality.csv"  # {quality.origin}; each cell counts {SHRINKAGE} prompts of the model\'s mean more'
    yield _line("beta", quality.beta)
    yield ""
    yield "[quality.weights]  # shares of the prompts"
    for name, weight in zip(quality.categories, quality.weights, strict=True):
        yield f"{_text(name)} = {weight:.5f}"


def _quality_csv(problem: FittedProblem) -> str:
    quality = problem.quality
    assert quality is not None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["category", "model", "prompts", "share_good", "low", "high"])
    for k, category in enumerate(quality.categories):
        for m, model in enumerate(problem.models):
            ends = f"{quality.low[k, m]:.4f}", f"{quality.high[k, m]:.4f}"
            writer.writerow([category, model, int(quality.prompts[k, m]), f"{quality.share_good[k, m]:.6f}", *ends])
    return text.getvalue()


def _csv(header: list[str], names: list[str], rows: np.ndarray) -> str:
    lines = [",".join([name, *(f"{value:.6g}" for value in row)]) for name, row in zip(names, rows, strict=True)]
    return "\n".join([",".join(header), *lines]) + "\n"


def _line(name: str, value: Estimate | str) -> str:
    if isinstance(value, str):
        return f"{name} = {_text(value)}  # price file"
    unit = UNITS.get(name, "")
    return f"{name} = {_number(value.value)}  # {unit}{'; ' * bool(unit)}{value.in_words()}"


def _value(value: Estimate | str) -> float:
    assert isinstance(value, Estimate)
    return value.value


def _list(values: np.ndarray) -> str:
    return f"[{', '.join(f'{value:.3f}' for value in values)}]"


def _number(value: float) -> str:
    return f"{float(value):.6g}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML's basic strings escape as JSON's do


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
