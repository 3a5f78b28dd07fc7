"""Rate limits from refusals, outages from runs of errors."""

import numpy as np
import pytest

from jax_router.v1.fitting.limits import fit_limits
from tests.helpers.exact_engine import Engine, serve

NOTHING = np.array([])


@pytest.mark.parametrize(("limit", "value"), [("rpm", 120.0), ("tpm", 60_000.0)])
def test_the_limit_that_refuses_comes_back(limit, value):
    rng = np.random.default_rng(0)
    seconds = np.cumsum(rng.exponential(1 / 5, 6000))
    inputs, outputs = rng.integers(50, 1500, 6000), rng.integers(10, 400, 6000)
    served = serve(Engine(0.01, 0.0, 20_000, 1000, **{limit: value}), seconds, inputs, outputs)
    fine = ~served.refused
    found = fit_limits(seconds[fine], (inputs + outputs)[fine], seconds[~fine], NOTHING, seconds[-1])
    other = {"rpm": "tpm", "tpm": "rpm"}[limit]
    assert getattr(found, other) is None
    assert getattr(found, limit).value == pytest.approx(value, rel=0.1)


def test_few_refusals_tell_nothing():
    found = fit_limits(np.arange(100.0), np.ones(100), np.arange(10.0) + 0.5, NOTHING, 100.0)
    assert found.rpm is found.tpm is found.mtbf is found.mttr is None


def test_runs_of_errors_are_outages():
    answered = np.concatenate([np.arange(0.0, 100), np.arange(160.0, 300), np.arange(390.0, 1000)])
    errors = np.concatenate([np.arange(100.0, 160, 5), np.arange(300.0, 390, 5), [500.5]])  # one error is no outage
    found = fit_limits(answered, np.ones(len(answered)), NOTHING, errors, 1000.0)
    assert found.mtbf.value == 500
    assert found.mttr.value == pytest.approx((60 + 90) / 2)


def test_intervals_of_outages_hold_the_truth():
    inside = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        begins = np.cumsum(rng.exponential(2000, 40))
        begins = begins[begins < 20_000]
        ends = begins + rng.exponential(60, len(begins))
        seconds = np.arange(0, 20_000, 0.5)
        down = ((seconds[:, None] >= begins) & (seconds[:, None] < ends)).any(1)
        up, lost = seconds[~down], seconds[down]
        found = fit_limits(up, np.ones(len(up)), NOTHING, lost, 20_000.0)
        if found.mtbf is not None:
            inside.append(
                [one.interval[0] <= truth <= one.interval[1] for one, truth in ((found.mtbf, 2000), (found.mttr, 60))]
            )
    assert len(inside) > 190
    assert (np.mean(inside, axis=0) >= 0.9).all()
