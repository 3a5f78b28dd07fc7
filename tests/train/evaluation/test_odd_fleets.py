"""Fleets whose models are free, alike or a million times dearer than others: what a comparison says of them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest

from jax_router import DEFAULT_MODELS, ModelConfig, make_params
from jax_router.simulator import reset_batch
from jax_router.strategies import constant
from jax_router.v0.strategies import best_quality, cheapest_first, cheapest_within_sla
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation, evaluate
from train.evaluation.results_file import matched_in_words, results_text
from train.evaluation.scores_table import in_usd, table_rows

PRESETS = DEFAULT_MODELS[1], DEFAULT_MODELS[3], DEFAULT_MODELS[4]


def costing(*costs: float) -> list[ModelConfig]:
    return [replace(model, cost_per_call=cost) for model, cost in zip(PRESETS, costs, strict=True)]


def alike() -> list[ModelConfig]:
    return [replace(PRESETS[0], name=f"copy {i}") for i in range(3)]


FLEETS = {
    "all free": costing(0, 0, 0),
    "the best is free": costing(0, 0.001, 0.002),
    "one price": costing(0.002, 0.002, 0.002),
    "alike": alike(),
    "alike and free": [replace(model, cost_per_call=0) for model in alike()],
    "a million times dearer": costing(3000, 0.003, 0.0005),
    "tiny": costing(3e-9, 1e-9, 5e-10),
}


def evaluated(fleet: Sequence[ModelConfig], policy: int = 0) -> Evaluation:
    return evaluated_once(tuple(fleet), policy)


@cache
def evaluated_once(fleet: tuple[ModelConfig, ...], policy: int) -> Evaluation:
    params = make_params(models=fleet, episode_length=40, budget=1e9)
    names = [model.name for model in fleet]
    return evaluate(jax.random.key(0), params, names, {"policy": constant(policy)}, 16, 4)


@pytest.mark.parametrize("fleet", FLEETS.values(), ids=FLEETS)
def test_every_number_of_a_comparison_is_said(fleet: list[ModelConfig]) -> None:
    """Nothing is nan, infinite or None in a text that people read, and the files say the same."""
    evaluation = evaluated(fleet)
    texts = [matched_in_words(evaluation), *(" ".join(row) for row in table_rows(evaluation.scores))]
    for text in texts:
        assert not {"nan", "inf", "-inf", "None", "-0.000"} & set(text.replace("%", "").split()), text
    assert evaluation.matched["policy"].mixture is not None  # the policy is one of the models: one is as good
    document = json.loads(results_text(".json", evaluation, "default", 16))
    assert document["cost_saving_at_matched_quality"]["mixture"] is not None
    for ending in (".csv", ".md"):
        assert "inf" not in results_text(ending, evaluation, "default", 16)


@pytest.mark.parametrize("name", ["all free", "the best is free", "alike and free"])
def test_of_a_free_mixture_it_is_said_that_there_is_nothing_to_save(name: str) -> None:
    assert "there is nothing to save, since that mixture costs nothing" in matched_in_words(evaluated(FLEETS[name]))


def test_one_of_several_that_are_alike_saves_nothing() -> None:
    saving = evaluated(FLEETS["alike"]).matched["policy"].saving
    assert saving is not None
    assert saving.mean == pytest.approx(0, abs=1e-5)


def test_a_policy_that_pays_a_million_times_as_much_is_said_to() -> None:
    fleet = costing(0.003, 3000, 0.0005)  # the second is worse than the first
    assert "it pays " in matched_in_words(evaluated(fleet, policy=1))
    assert " times as much" in matched_in_words(evaluated(fleet, policy=1))


@pytest.mark.parametrize("fleet", FLEETS.values(), ids=FLEETS)
def test_a_tuned_mixture_is_no_worse_than_its_models(fleet: list[ModelConfig]) -> None:
    """On other episodes than those of its search: it earns what the best model earns, up to the luck of these."""
    scores = evaluated(fleet).scores
    best = max(scores[f"always {model.name}"].reward.mean for model in fleet)
    assert scores[TUNED_MIXTURE].reward.mean >= best - 0.02 * abs(best)


def test_of_equal_prices_the_best_model_and_of_equal_scores_the_cheapest() -> None:
    equal = make_params(models=[replace(model, cost_per_call=0.0) for model in reversed(DEFAULT_MODELS)])
    alike_in_score = make_params(models=[replace(model, quality_score=0.8) for model in DEFAULT_MODELS])
    state = reset_batch(jax.random.key(0), 4, equal)
    seen = np.zeros((4, 9), np.float32)
    assert (cheapest_first(equal)(jax.random.key(0), seen, state) == 4).all()
    assert (best_quality(alike_in_score)(jax.random.key(0), seen, state) == 4).all()
    # tier1_small is the best of those that answer within a second.
    assert (cheapest_within_sla(equal)(jax.random.key(0), seen, state) == 3).all()


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.000"), (1.7564, "1.756"), (0.1, "0.100"), (3e-6, "3e-06"), (0.0123, "0.0123"), (1e9, "1000000000.000")],
)
def test_an_amount_of_money_shows_its_digits(amount: float, text: str) -> None:
    assert in_usd(amount) == text
