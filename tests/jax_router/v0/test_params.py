"""`make_params`: the scenarios of docs/dynamics.md, and one line for every bad setting."""

from dataclasses import fields, replace

import jax
import numpy as np
import pytest

import jax_router
from jax_router import DEFAULT_MODELS, RewardConfig, Traffic, make_params
from jax_router.v0.settings import GivenSettings, Settings
from tests.helpers import oracle

CONGESTION = ("slowdown", "arrival_mean", "drain_low", "drain_high", "max_queue_depth", "length_weight")
PARTS = {  # which part of Params keeps a number
    **dict.fromkeys(CONGESTION, "congestion"),
    **dict.fromkeys(("gap_floor", "gap_slope"), "difficulty"),
    **dict.fromkeys(oracle.REWARD, "reward"),
}


@pytest.mark.parametrize("scenario", oracle.SCENARIOS)
def test_a_scenario_is_dynamics_mds(scenario):
    params, problem = make_params(scenario), oracle.problem(scenario)
    for field, part in PARTS.items():
        assert getattr(getattr(params, part), field) == np.float32(getattr(problem, field)), field
    for field in ("budget", "steps_per_day", "episode_length"):
        assert getattr(params, field) == np.float32(getattr(problem, field))
    for field in ("cost_per_call", "latency_mean", "latency_std", "quality_score"):
        np.testing.assert_array_equal(getattr(params.fleet, field), getattr(problem, field).astype(np.float32))
    np.testing.assert_array_equal(params.traffic.load, Traffic.synthetic(problem.load_amplitude).load)


def test_scenarios_and_presets_are_the_documents():
    assert set(jax_router.SCENARIOS) == set(oracle.SCENARIOS)
    assert [model.name for model in DEFAULT_MODELS] == list(oracle.MODELS)


def test_what_is_given_replaces_what_the_scenario_says():
    params = make_params("rush_hour", DEFAULT_MODELS[:2], RewardConfig(cost_weight=7), budget=3, slowdown=1)
    assert params.num_models == 2
    assert params.reward.cost_weight == 7
    assert params.budget == 3
    assert params.congestion.slowdown == 1
    np.testing.assert_array_equal(params.traffic.load, Traffic.synthetic(0.9).load)  # still the rush hour's


def test_a_zero_is_not_mistaken_for_nothing():
    params = make_params(slowdown=0, arrival_mean=0, gap_slope=0, drain_low=0, drain_high=0, load_amplitude=0)
    assert params.congestion.slowdown == params.congestion.arrival_mean == params.congestion.drain_high == 0
    assert params.difficulty.gap_slope == 0
    np.testing.assert_array_equal(params.traffic.load, np.ones_like(params.traffic.load))


def test_leaves_are_numpy_with_fixed_dtypes():
    """jit must see the same types whatever was typed in: ints, floats, NumPy scalars or arrays."""
    plain = make_params()
    mixed = make_params(budget=np.float64(10), slowdown=2, episode_length=1000.0, gap_floor=np.array(-1))
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(mixed), strict=True):
        assert isinstance(a, np.ndarray | np.generic)
        assert a.dtype == b.dtype == (np.int32 if a is plain.episode_length else np.float32)
        np.testing.assert_array_equal(a, b)


NOT_NUMBERS = [float("nan"), float("inf"), -float("inf"), True, "3", [1], 1 + 2j]


@pytest.mark.parametrize("value", NOT_NUMBERS)
@pytest.mark.parametrize("field", oracle.DEFAULTS)
def test_what_is_no_number_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"^{field} is .*; it must be ") as error:
        make_params(**{field: value})
    assert (f"{value:g}" if isinstance(value, float) else repr(value)) in str(error.value)


OUT_OF_RANGE = [
    ("episode_length", 0, "at least 1"),
    ("episode_length", -5, "at least 1"),
    ("episode_length", 2.5, "whole number"),
    ("episode_length", 2**31, "whole number"),
    ("budget", 0, "above 0"),
    ("budget", -1, "above 0"),
    ("max_queue_depth", 0, "above 0"),
    ("arrival_mean", -0.1, "at least 0"),
    ("slowdown", -1, "at least 0"),
    ("gap_slope", -1, "at least 0"),
    ("steps_per_day", 0.5, "at least 1"),
    ("length_weight", 1.5, "at most 1"),
    ("length_weight", -0.5, "at least 0"),
    ("load_amplitude", 1.5, "at most 1"),
    ("load_amplitude", -0.5, "at least 0"),
    ("drain_high", 1.5, "at most 1"),
    ("drain_high", -0.5, "at least 0"),
    ("drain_low", 0.99, "at most drain_high, 0.98"),
    ("drain_low", -0.5, "at least 0"),
    ("budget", 1e39, "float32"),
    ("budget", 1e-50, "float32"),
    ("budget", 1e-40, "float32"),  # XLA takes it for 0
    ("max_queue_depth", 1e-40, "float32"),
    ("gap_floor", -1e39, "float32"),
    pytest.param("slowdown", 10**400, "(finite|float32)", id="more than a float holds"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), OUT_OF_RANGE)
def test_a_number_out_of_range_is_refused(field, value, allowed):
    with pytest.raises(ValueError, match=rf"^{field} is .*; it must be .*{allowed}"):
        make_params(**{field: value})


def test_the_refused_value_is_printed_so_that_it_differs_from_the_limit():
    with pytest.raises(ValueError, match=r"length_weight is 1\.0000001; it must be .* at most 1"):
        make_params(length_weight=1.0000001)


@pytest.mark.parametrize("scenario", ["rush-hour", "", None, ["default"]])
def test_an_unknown_scenario_lists_the_known_ones(scenario):
    with pytest.raises(ValueError, match="scenario is ") as error:
        make_params(scenario)
    assert repr(scenario) in str(error.value)
    assert ", ".join(jax_router.SCENARIOS) in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"models": []}, "models is empty; a fleet needs at least one ModelConfig"),
        ({"models": [DEFAULT_MODELS[0]] * 2}, "the name 'tier1_large' 2 times; names must be unique"),
        ({"models": ["gpt"]}, "models holds 'gpt'; every entry must be a ModelConfig"),
        ({"models": DEFAULT_MODELS[0]}, "models"),
        ({"reward": {"cost_weight": 2}}, "reward is {'cost_weight': 2}; it must be a RewardConfig"),
        ({"traffic": "trace.csv"}, "traffic is 'trace.csv'; it must be a Traffic"),
        ({"traffic": Traffic.synthetic(), "load_amplitude": 0.1}, "load_amplitude shapes the synthetic traffic"),
    ],
)
def test_parts_of_a_wrong_kind_are_refused(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        make_params(**arguments)


def test_every_setting_is_a_keyword_and_every_keyword_a_setting():
    """The two lists of names, one with defaults and one for type checkers, are one."""
    assert [*GivenSettings.__annotations__] == [field.name for field in fields(Settings)]


def test_an_unknown_keyword_is_a_type_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'budgett'"):
        make_params(budgett=1)


@pytest.mark.parametrize(
    ("table", "value", "message"),
    [
        ("load", np.full(4, np.nan), "traffic.load holds nan at 0"),
        ("load", np.zeros(4), "traffic.load has mean 0; it must have mean 1"),
        ("load", [-1.0, 3.0], "traffic.load holds -1 at 0"),
        ("load", 1.0, "traffic.load is 1.0; it must be a list of finite numbers at least 0"),
        ("mean_length", 0.0, "traffic.mean_length is 0; it must be a finite number above 0 and at most 1"),
        ("length_quantiles", np.linspace(0, 2, 127), "traffic.length_quantiles must be 127 numbers from 0 to 1"),
        (
            "complexity_quantiles",
            np.linspace(1, 0, 127),
            "traffic.complexity_quantiles must be 127 numbers from 0 to 1",
        ),
        ("complexity_quantiles", np.linspace(0, 1, 5), "traffic.complexity_quantiles must be 127 numbers from 0 to 1"),
    ],
)
def test_traffic_of_numbers_that_are_none_is_refused(table, value, message):
    with pytest.raises(ValueError, match=message):
        make_params(traffic=replace(Traffic.synthetic(), **{table: value}))
