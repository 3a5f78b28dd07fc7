"""The closed forms of an endpoint against the exact engine: the same requests, in many regimes."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest

from jax_router.v1.lengths import CODE, CONV, lognormal
from tests.helpers.regimes import (
    MODELS,
    Requests,
    agreement,
    cox,
    exact,
    exponential,
    heavy,
    make_requests,
    on_off,
    poisson,
    routed,
    tabled,
)

SMALL, LARGE = MODELS["llama-8b"], MODELS["llama-70b"]
STEADY_SMALL, STEADY_LARGE = replace(SMALL, mtbf=None), replace(LARGE, mtbf=None)
LIMITED = replace(STEADY_SMALL, tpm=300_000)
HOSTED = replace(MODELS["mini-api"], mtbf=None, rpm=None, tpm=None)
FEW_SLOTS = replace(STEADY_SMALL, slots=8)
FAILING = replace(SMALL, mtbf=270, mttr=30)
NEVER = 1e6

REGIMES = {  # model, lengths, arrivals, load, patience
    "low load": (STEADY_SMALL, tabled(CONV), poisson, 0.2, NEVER),
    "usual load": (STEADY_SMALL, tabled(CONV), poisson, 0.7, NEVER),
    "high load": (STEADY_SMALL, tabled(CONV), poisson, 0.95, NEVER),
    "large model, exponential answers": (STEADY_LARGE, exponential, poisson, 0.95, NEVER),
    "overload": (STEADY_SMALL, tabled(CONV), poisson, 1.3, 10.0),
    "on and off": (STEADY_SMALL, tabled(CONV), on_off, 0.7, NEVER),
    "bursts": (STEADY_SMALL, tabled(CONV), cox(0.35), 0.7, NEVER),
    "heavy tail": (STEADY_SMALL, heavy(2), poisson, 0.8, NEVER),
    "heavy tail, on and off": (STEADY_SMALL, heavy(2), on_off, 0.6, NEVER),
    "reasoning, bursts": (STEADY_SMALL, tabled(lognormal(500, 400, 1.0, 3.5)), cox(0.35), 0.7, NEVER),
    "code, on and off": (STEADY_SMALL, tabled(CODE), partial(on_off, time_on=60, time_off=120), 0.6, NEVER),
    "rate limit": (LIMITED, tabled(CONV), poisson, 0.7, NEVER),
    "outages": (FAILING, tabled(CONV), poisson, 0.7, NEVER),
    "hosted, without a queue": (HOSTED, tabled(CONV), poisson, 0.05, NEVER),
    "few slots": (FEW_SLOTS, tabled(CONV), poisson, 0.9, NEVER),
}


@pytest.mark.parametrize("name", REGIMES)
def test_as_the_exact_engine_has_it(name):
    """The limits are docs/dynamics-v1.md's."""
    model, lengths, arrivals, load, patience = REGIMES[name]
    requests = make_requests(model, lengths, arrivals, load, 20_000 if load == 0.95 else 12_000)
    outcome, down = routed([model], requests, patience=patience)
    served = exact(model, requests, patience, down[:, 0])
    found = agreement(outcome, served)
    assert abs(found.latency) < 0.05
    assert abs(found.ttft) < 0.10
    assert found.correlation >= 0.9
    np.testing.assert_allclose(*found.refused, atol=0.005)
    np.testing.assert_allclose(*found.gave_up, atol=0.005)


def test_some_regimes_are_what_they_are_called():
    """Without these, limits, outages and patience would be tested where nothing is refused or given up."""
    for model, lengths, arrivals, load, patience in (REGIMES[name] for name in ("rate limit", "outages", "overload")):
        requests = make_requests(model, lengths, arrivals, load)
        outcome, _ = routed([model], requests, patience=patience)
        assert outcome.lost.mean() > 0.05


def test_the_default_fleet_under_random_choice():
    models = list(MODELS.values())
    rng = np.random.default_rng(1)
    inputs, outputs = tabled(CONV)(rng, 20_000)
    requests = Requests(cox(0.5)(rng, 20_000, 6.0), inputs, outputs)
    actions = rng.integers(0, 5, 20_000).astype(np.int32)
    outcome, down = routed(models, requests, actions)
    for i, model in enumerate(models):
        own = actions == i
        served = exact(model, Requests(requests.seconds[own], inputs[own], outputs[own]), down=down[own, i])
        found = agreement(jax.tree.map(lambda rows, own=own: rows[own], outcome), served)
        assert abs(found.latency) < 0.05
        assert abs(found.ttft) < 0.10
        assert found.correlation >= 0.9
        np.testing.assert_allclose(*found.refused, atol=0.005)
