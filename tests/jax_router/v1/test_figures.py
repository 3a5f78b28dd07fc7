"""The figures that docs/dynamics-v1.md states, to the digits it gives."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from jax_router.simulator import reset_batch
from jax_router.v1 import DEFAULT_MODELS, ModelConfig, QualityTable, make_params
from jax_router.v1.expectation import expected
from jax_router.v1.lengths import CODE, CONV
from jax_router.v1.quality import normal_cdf, true_quality
from tests.helpers.exact_engine import Engine, serve
from tests.helpers.regimes import MODELS, Requests, exact, routed

SAMPLES = 400_000
SMALL = replace(MODELS["llama-8b"], mtbf=None)
SCORES = [model.quality_score for model in DEFAULT_MODELS]


def first_prompts(**settings):
    params = make_params(**settings)
    return jax.jit(lambda key: reset_batch(key, SAMPLES, params).prompt)(jax.random.key(0)), params


@pytest.fixture(scope="module")
def answers():
    """Of 400,000 first prompts: forecasts, qualities and coins, (SAMPLES, N)."""
    prompt, params = first_prompts()
    quality = np.asarray(true_quality(prompt.z, prompt.ease[:, None], params.quality.hidden[None]))
    coins = np.random.default_rng(0).random(quality.shape) < quality
    return np.asarray(normal_cdf(prompt.z)), quality, coins


def every_second(size, tokens=(1000, 366)):
    return Requests(np.arange(size) * 1.0, np.full(size, float(tokens[0])), np.full(size, float(tokens[1])))


def test_one_prompt_at_an_empty_endpoint():
    lone = Requests(np.array([0.0, 1e4]), np.array([1000.0, 1000]), np.array([200.0, 200]))
    served, (outcome, _) = exact(SMALL, lone), routed([SMALL], lone)
    for one in (served, outcome):
        np.testing.assert_allclose(one.ttft[0], 0.1264, atol=5e-5)
        np.testing.assert_allclose(one.latency[0], 2.0624, atol=5e-5)


def test_a_rate_limit_refuses_the_same_prompts():
    limited = replace(SMALL, tpm=30_000)
    requests = every_second(1000)
    served, (outcome, _) = exact(limited, requests), routed([limited], requests)
    for refused in (served.refused, outcome.refused):
        assert np.flatnonzero(refused)[0] + 1 == 35
        assert 1 - refused.mean() == pytest.approx(0.387, abs=5e-4)
        assert 1 - refused[-600:].mean() == pytest.approx(0.365, abs=5e-4)


def test_the_exact_engine_is_the_textbook_queue():
    """One slot, exponential answers, load 0.7: the mean time in an M/M/1 queue is service over 1 - load."""
    rng = np.random.default_rng(0)
    size, engine = 200_000, Engine(0.001, 0.0, 1e12, slots=1)
    outputs = np.maximum(1, np.ceil(rng.exponential(1000, size)))
    served = serve(engine, np.cumsum(rng.exponential(1 / 0.7, size)), np.ones(size), outputs)
    assert served.latency.mean() == pytest.approx(1 / 0.3, rel=0.04)


def test_mean_quality_is_the_score(answers):
    forecast, quality, _ = answers
    np.testing.assert_allclose(forecast.mean(0), SCORES, atol=0.002)
    np.testing.assert_allclose(quality.mean(0), SCORES, atol=0.002)


def test_forecasts_are_calibrated(answers):
    forecast, quality, _ = answers
    for m in range(5):
        tenths = np.array_split(np.argsort(forecast[:, m]), 10)
        gaps = [abs(forecast[rows, m].mean() - quality[rows, m].mean()) for rows in tenths]
        assert max(gaps) < 0.005
        slope = np.cov(forecast[:, m], quality[:, m])[0, 1] / forecast[:, m].var()
        assert slope == pytest.approx(1, abs=0.02)


def test_what_a_router_sees(answers):
    forecast, _, good = answers
    explained = forecast.var(0) / good.var(0)
    np.testing.assert_allclose(explained, [0.09, 0.12, 0.15, 0.13, 0.16], atol=0.01)


def test_answers_hang_together(answers):
    *_, good = answers
    pairs = np.corrcoef(good.T)[np.triu_indices(5, 1)]
    assert pairs.mean() == pytest.approx(0.31, abs=0.01)
    assert good.all(1).mean() == pytest.approx(0.59, abs=0.01)
    assert (~good).all(1).mean() == pytest.approx(0.013, abs=0.002)
    assert (good[:, 1:].any(1) & ~good[:, 0]).mean() == pytest.approx(0.037, abs=0.002)


@pytest.mark.parametrize(("rho", "kappa"), [(0.3, 0.0), (0.8, 0.4), (1.0, 0.0), (0.0, 0.9)])
def test_knowledge_changes_no_mean(rho, kappa):
    prompt, params = first_prompts(rho=rho, kappa=kappa)
    quality = true_quality(prompt.z, prompt.ease[:, None], params.quality.hidden[None])
    np.testing.assert_allclose(quality.mean(0), SCORES, atol=0.003)


def test_a_table_is_what_comes_out():
    """Thirty categories of four models: the forecast is the table's share, and so is the mean of what is true."""
    rng = np.random.default_rng(0)
    table = QualityTable(rng.uniform(0.2, 0.99, (30, 4)), rng.uniform(1, 5, 30), beta=0.92)
    models = [ModelConfig(f"model {i}", 1, 1, 0.5, 0.01, 10_000) for i in range(4)]
    prompt, params = first_prompts(models=models, quality=table)
    quality = true_quality(prompt.z, prompt.ease[:, None], params.quality.hidden[None])
    np.testing.assert_allclose(quality.mean(0), table.means, atol=0.003)
    np.testing.assert_allclose(normal_cdf(prompt.z).mean(0), table.means, atol=0.002)
    np.testing.assert_allclose(params.fleet.quality_score, table.means, rtol=1e-6)
    seen = np.unique(np.asarray(normal_cdf(prompt.z))[:5000, 0])
    np.testing.assert_allclose(seen, np.sort(np.asarray(table.shares)[:, 0]), atol=1e-5)


@pytest.mark.parametrize(
    ("lengths", "mean_input", "mean_output", "cv", "explained"),
    [("conv", 1151.9, 211.4, 0.773, 0.703), ("code", 2043.6, 26.9, 1.48, 0.003)],
)
def test_lengths_are_drawn_as_they_were_measured(lengths, mean_input, mean_output, cv, explained):
    prompt, _ = first_prompts(lengths=lengths)
    answer = np.asarray(prompt.output_tokens, np.float64)
    assert np.mean(prompt.input_tokens) == pytest.approx(mean_input, rel=0.005)
    assert answer.mean() == pytest.approx(mean_output, rel=0.01)
    assert answer.std() / answer.mean() == pytest.approx(cv, abs=0.015)
    left = answer - np.asarray(prompt.expected_tokens)
    assert 1 - (left**2).mean() / answer.var() == pytest.approx(explained, abs=0.01)


def test_what_follows_from_the_tables():
    params = make_params()
    assert params.engines.aging + 1 == pytest.approx(0.8166, abs=5e-5)
    assert CONV.mean_input == pytest.approx(1154.7, rel=1e-3)
    assert CODE.mean_input == pytest.approx(2047.8, rel=1e-3)
    np.testing.assert_allclose(params.engines.sustained[3:], [3.6, 8.7], atol=0.05)
    expected_of = jax.vmap(lambda state: expected(state, params))(reset_batch(jax.random.key(0), 4, params))
    assert expected_of.latency.shape == (4, 5)
