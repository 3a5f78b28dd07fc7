"""Endpoints of the exact engine: how fast they are comes back from what they served."""

from dataclasses import replace

import numpy as np
import pytest

from jax_router.v1.fitting.inflight import Requests, company
from jax_router.v1.fitting.speed import USUAL, fit_speed
from jax_router.v1.lengths import CONV
from tests.helpers.regimes import MODELS, cox, exact, make_requests, poisson, tabled


def served(name, load, arrivals=poisson, jitter=0.0, size=8000, **changes):
    """What an endpoint of the exact engine made of requests, and the endpoint."""
    model = replace(MODELS[name], rpm=None, tpm=None, jitter=jitter, **changes)
    requests = make_requests(model, tabled(CONV), arrivals, load, size)
    answer = exact(model, requests)
    late = model.overhead * np.expm1(jitter * np.random.default_rng(0).normal(size=size))
    first, end = answer.ttft + late, answer.latency + late
    start = requests.seconds + 1.7e9
    return Requests(start, start + first, start + end, requests.inputs, requests.outputs), model


@pytest.mark.parametrize(
    ("name", "load", "arrivals", "jitter", "full"),
    [
        ("llama-8b", 0.5, poisson, 0.0, False),
        ("llama-70b", 0.9, cox(0.5), 0.0, True),
        ("mini-api", 0.03, poisson, 0.3, False),
    ],
)
def test_numbers_of_an_endpoint_come_back(name, load, arrivals, jitter, full):
    requests, model = served(name, load, arrivals, jitter)
    fitted = fit_speed(requests, with_ttft=True, given={})
    for field in ("step_time", "prefill_rate", "overhead"):
        assert fitted[field].value == pytest.approx(getattr(model, field), rel=0.1), field
    assert fitted["step_time_per_sequence"].value == pytest.approx(model.step_time_per_sequence, rel=0.1, abs=5e-6)
    if jitter:
        assert fitted["jitter"].value == pytest.approx(jitter, rel=0.1)
    assert fitted["slots"].is_prior == (not full)
    if full:
        assert fitted["slots"].value == pytest.approx(model.slots, rel=0.2)


def test_an_endpoint_that_is_always_full_is_told_as_far_as_it_can_be():
    requests, model = served("llama-8b", 1.2, jitter=0.3, size=5000)
    fitted = fit_speed(requests, with_ttft=True, given={})
    full = model.slots - 1
    whole = fitted["step_time"].value + full * fitted["step_time_per_sequence"].value
    assert whole == pytest.approx(model.step_time + full * model.step_time_per_sequence, rel=0.01)
    assert "of which only W + 63 H is sure" in fitted["step_time"].origin
    assert fitted["prefill_rate"].value == pytest.approx(model.prefill_rate, rel=0.05)
    assert fitted["overhead"].is_prior
    assert fitted["overhead"].value <= USUAL["overhead"]
    assert fitted["slots"].value == pytest.approx(model.slots, rel=0.05)


def test_many_on_their_way_are_no_queue():
    """A hosted model with 0.7 s of overhead always has some without a first token, and nobody waits for them."""
    requests, model = served("frontier-api", 0.3, jitter=0.3)
    fitted = fit_speed(requests, with_ttft=True, given={})
    assert fitted["overhead"].value == pytest.approx(model.overhead, rel=0.1)
    assert not fitted["overhead"].is_prior


def test_without_the_first_token_the_rest_is_told_from_whole_latencies():
    requests, model = served("llama-8b", 0.5)
    blind = replace(requests, first=requests.start)
    fitted = fit_speed(blind, with_ttft=False, given={})
    assert fitted["step_time"].value == pytest.approx(model.step_time, rel=0.1)
    assert fitted["prefill_rate"].value == pytest.approx(model.prefill_rate, rel=0.2)
    assert fitted["slots"].is_prior
    assert fitted["jitter"].is_prior


def test_what_is_counted_beside_three_requests():
    """The second comes while the first decodes, the third after the first has ended."""
    requests = Requests(
        start=np.array([0.0, 2.0, 6.5]),
        first=np.array([1.0, 3.0, 7.0]),
        end=np.array([6.0, 8.0, 9.0]),
        prompt_tokens=np.array([100.0, 200.0, 400.0]),
        completion_tokens=np.array([11.0, 11.0, 5.0]),
    )
    beside = company(requests)
    assert beside.inside.tolist() == [0, 1, 1]
    assert beside.decoding.tolist() == [0, 1, 1]
    np.testing.assert_allclose(beside.batch, [(2 + 2 * 3) / 5, (2 * 3 + 1 + 2 * 1) / 5, (2 * 1 + 1) / 2])
    assert beside.prefill.tolist() == [200, 400, 0]
