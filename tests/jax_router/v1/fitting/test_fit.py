"""A problem from a log that says little: what stands in, and what is an error."""

import numpy as np
import pytest

from jax_router.logs.log import Failures, Log
from jax_router.v1.fitting.fit import fit_problem
from jax_router.v1.fitting.problem_file import folder_of
from jax_router.v1.problem import load_problem

SIZE = 1200
PRICES = {
    "a": {"price_in": 1.0, "price_out": 2.0, "quality_score": 0.6},
    "b": {"price_in": 3.0, "price_out": 4.0, "fallback": "a", "rpm": 60},
}


def made_up(size=SIZE, **columns):
    """A log of two models without costs and latencies, in which only the second has scores."""
    rng = np.random.default_rng(0)
    nothing = np.full(size, np.nan)
    model = np.arange(size, dtype=np.int32) % 2
    given = {
        "seconds": 1.7e9 + np.cumsum(rng.exponential(1, size)),
        "model": model,
        "prompt_tokens": rng.integers(1, 2000, size).astype(float),
        "completion_tokens": rng.integers(1, 300, size).astype(float),
        **dict.fromkeys(("cost", "latency", "ttft"), nothing),
        "category": np.zeros(size, np.int32),
        "score": np.where(model == 1, np.arange(size) % 10 < 7, np.nan),
        "prompt": np.full(size, -1),
    }
    return Log(
        **{**given, **columns},
        models=("a", "b"),
        categories=("",),
        failures=Failures(np.zeros(0), np.zeros(0, int), np.zeros(0, bool)),
        format="plain table",
        dropped={},
        remarks=(),
    )


def test_priors_and_the_price_file_stand_in(tmp_path):
    problem = fit_problem(made_up(), PRICES)
    assert problem.quality is None
    assert problem.models["b"]["quality_score"].value == pytest.approx(0.8, abs=0.21)
    assert problem.models["a"]["step_time"].is_prior
    assert problem.models["b"]["rpm"].origin == "price file"
    for name, text in folder_of(problem, "log.csv", {"old": "a"}, "team").items():
        (tmp_path / name).write_text(text)
    read = load_problem(tmp_path)
    assert next(model.quality_score for model in read.models) == 0.6
    assert read.models[1].fallback == "a"
    assert read.quality is None
    assert read.log["rename"] == {"old": "a"}
    assert read.log["category"] == "team"
    assert read.log["held_out_from"] == pytest.approx(problem.held_out.seconds[0], abs=1e-3)


def test_the_last_fifth_of_the_time_is_held_out():
    log = made_up()
    problem = fit_problem(log, PRICES)
    assert len(problem.fitted) + len(problem.held_out) == len(log)
    border = log.seconds[0] + 0.8 * log.span
    assert problem.fitted.seconds[-1] < border <= problem.held_out.seconds[0]


@pytest.mark.parametrize(
    ("log", "given", "message"),
    [
        (made_up(150), PRICES, "has 150 answered requests; a fit needs at least 200"),
        (
            made_up(seconds=np.append(np.arange(SIZE - 9.0), np.arange(9.0) + 9e6)),
            PRICES,
            "9 requests in the last fifth",
        ),
        (made_up(), {"b": PRICES["b"]}, "nothing says how good a is"),
        (made_up(), {"a": {"quality_score": 0.5}}, "a lacks price_in and price_out, and the log has no cost"),
    ],
)
def test_what_cannot_be_fitted_is_named(log, given, message):
    with pytest.raises(ValueError, match=message):
        fit_problem(log, given)
