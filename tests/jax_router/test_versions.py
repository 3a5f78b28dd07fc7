"""Every version exposes what generic code asks of it."""

import inspect
import pickle

import jax
import numpy as np
import pytest

import jax_router
from jax_router import versions
from jax_router.rollout import compare
from jax_router.simulator import observation_size, reset_batch

every_version = pytest.mark.parametrize("environment", versions.ENVIRONMENTS)


@every_version
def test_a_version_has_all_that_is_asked_of_it(environment):
    version = versions.load(environment)
    assert versions.Version.__annotations__.keys() <= set(dir(version))
    parts = ["ObservationLayout", "Strategies", "Tuning", "Budgeting"]
    parts += ["RandomFleets"] if version.random_fleets is not None else []
    for part in parts:
        protocol = getattr(versions, part)
        module = getattr(
            version, {"ObservationLayout": "observation", "RandomFleets": "random_fleets"}.get(part, part.lower())
        )
        for name, function in inspect.getmembers(protocol, inspect.isfunction):
            if not name.startswith("_"):
                asked = [*inspect.signature(function).parameters][1:]
                assert [*inspect.signature(getattr(module, name)).parameters] == asked, name


@every_version
def test_parameters_know_their_version(environment):
    version = versions.load(environment)
    params = version.make_params(version.SCENARIOS[0])
    assert params.simulator is version.SIMULATOR
    assert params.simulator.name == environment
    assert versions.of(params) is version
    assert pickle.loads(pickle.dumps(params)).simulator == version.SIMULATOR
    assert observation_size(params) == version.observation.size(params.num_models)


@every_version
def test_its_strategies_run(environment, key):
    version = versions.load(environment)
    params = version.make_params(episode_length=4)
    names = [model.name for model in version.DEFAULT_MODELS]
    strategies = version.strategies.static_strategies(params, names) | version.strategies.queue_aware_strategies(params)
    strategies["rule of thumb"] = version.strategies.rule_of_thumb(params, names)
    assert {f"always {name}" for name in names} <= strategies.keys()
    for episodes in compare(key, strategies, 2, params).values():
        np.testing.assert_array_equal(episodes.length, 4)


@every_version
def test_what_spending_a_budget_needs(environment, key):
    version = versions.load(environment)
    params = version.make_params()
    costs = version.budgeting.mean_costs(params)
    expected = version.budgeting.expected_costs(reset_batch(key, 6, params), params)
    assert np.shape(costs) == (params.num_models,)
    assert expected.shape == (6, params.num_models)
    assert np.mean(version.budgeting.load(params)) == pytest.approx(1, rel=1e-5)
    assert version.budgeting.prompts_per_day(params) > 0
    busier = version.budgeting.with_load_factor(params, 2.0)
    assert jax.tree.structure(busier) == jax.tree.structure(params)
    changed = [not np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, (params, busier)), strict=True)]
    assert sum(changed) == 1


def test_an_unknown_environment_is_refused():
    with pytest.raises(ValueError, match=r"environment is 'Router'; the known ones are LLMRouter-v0"):
        versions.load("Router")


@every_version
def test_parameters_of_any_version_from_one_function(environment):
    version = versions.load(environment)
    short = environment.split("-")[-1]
    (model, *_) = version.DEFAULT_MODELS
    made = jax_router.make_params("tight_budget", [model], version.RewardConfig(cost_weight=3), version=short, budget=2)
    own = version.make_params("tight_budget", [model], version.RewardConfig(cost_weight=3), budget=2)
    assert jax.tree.all(jax.tree.map(np.array_equal, made, own))


def test_parameters_without_a_version_are_those_of_the_default():
    assert versions.of(jax_router.make_params()) is versions.load(versions.DEFAULT)


def test_a_version_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"version is 'v2'; it must be 'v0' or 'v1'"):
        jax_router.make_params(version="v2")
    with pytest.raises(TypeError, match="unexpected keyword argument 'drain_low'"):
        jax_router.make_params(version="v1", drain_low=0.9)
