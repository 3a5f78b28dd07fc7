"""Shares of good answers and beta from scores with known truth."""

import numpy as np
import pytest
from scipy.stats import norm

from jax_router.v1.fitting.quality import MOST_CELLS, fit_quality, read_table

SHARES = np.array([[0.9, 0.6], [0.7, 0.75], [0.4, 0.3]])
BETA = 1.2


def scores(rng, category, model, ease):
    probit = norm.ppf(SHARES[category, model]) * np.sqrt(1 + BETA**2) + BETA * ease
    return (rng.random(len(ease)) < norm.cdf(probit)).astype(float)


def test_shares_come_back_within_their_intervals():
    inside = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        category, model = rng.integers(3, size=1500), rng.integers(2, size=1500)
        score = scores(rng, category, model, rng.normal(size=1500))
        fitted = fit_quality(category, ("a", "b", "c"), model, 2, score, np.full(1500, -1))
        inside.append((fitted.low <= SHARES) & (fitted.high >= SHARES))
    assert np.mean(inside) >= 0.9
    assert fitted.beta.is_prior


def test_beta_comes_back_from_prompts_that_both_models_answered():
    rng = np.random.default_rng(0)
    category, ease = rng.integers(3, size=4000), rng.normal(size=4000)
    both = [scores(rng, category, np.full(4000, model), ease) for model in (0, 1)]
    fitted = fit_quality(
        np.tile(category, 2),
        ("a", "b", "c"),
        np.repeat([0, 1], 4000),
        2,
        np.concatenate(both),
        np.tile(np.arange(4000), 2),
    )
    assert fitted.beta.value == pytest.approx(BETA, rel=0.15)
    low, high = fitted.beta.interval
    assert low - 0.01 <= BETA <= high + 0.01
    assert high - low < 0.5


def test_rare_categories_become_one():
    rng = np.random.default_rng(0)
    names = tuple(f"c{i}" for i in range(200))
    category = np.minimum(rng.geometric(0.02, 20_000), 199)
    fitted = fit_quality(category, names, rng.integers(3, size=20_000), 3, rng.random(20_000), np.full(20_000, -1))
    assert len(fitted.categories) == MOST_CELLS // 3
    assert fitted.categories[-1] == "other"
    assert fitted.weights.sum() == pytest.approx(1)


def test_a_table_of_ones_own(tmp_path):
    path = tmp_path / "quality.csv"
    path.write_text("category,model,prompts,share_good\nchat,a,100,0.9\nchat,b,50,0.8\ncode,a,10,0.5\ncode,b,10,0.4\n")
    fitted = read_table(path, ("a", "b"), np.array([0, 0, 0, 1]), ("chat", "code"))
    assert fitted.categories == ("chat", "code")
    assert fitted.weights.tolist() == [0.75, 0.25]
    assert fitted.share_good.tolist() == [[0.9, 0.8], [0.5, 0.4]]


def test_a_model_without_a_score_is_named():
    with pytest.raises(ValueError, match="model number 2 has no scored answer"):
        fit_quality(np.zeros(9, int), ("a",), np.zeros(9, int), 2, np.ones(9), np.full(9, -1))
