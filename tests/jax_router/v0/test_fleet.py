"""Models and fleets: what `ModelConfig` refuses, and fleets from TOML."""

import dataclasses

import numpy as np
import pytest

from jax_router import DEFAULT_MODELS, Fleet, ModelConfig, load_models

GOOD = {"name": "haiku", "cost_per_call": 0.001, "latency_mean": 0.3, "latency_std": 0.07, "quality_score": 0.78}
NUMBERS = [name for name in GOOD if name != "name"]


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), True, "0.1", None, [0.1], 1e39, 1e-50])
@pytest.mark.parametrize("field", NUMBERS)
def test_a_bad_number_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"^{field} of 'haiku' is .*; it must be ") as error:
        ModelConfig(**GOOD | {field: value})
    assert (f"{value:g}" if isinstance(value, float) else repr(value)) in str(error.value)


def test_quality_ends_at_1():
    with pytest.raises(ValueError, match=r"quality_score of 'haiku' is 1\.01; it must be .* at most 1"):
        ModelConfig(**GOOD | {"quality_score": 1.01})


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_bad_name_is_refused(name):
    with pytest.raises(ValueError, match=r"name is .*; it must be a non-empty string") as error:
        ModelConfig(**GOOD | {"name": name})
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("quality", [0, 1, np.float32(0.5)])
def test_the_ends_of_a_range_are_inside(quality):
    assert ModelConfig(**GOOD | {"quality_score": quality, "latency_std": 0}).quality_score == quality


def test_a_fleet_keeps_the_order_of_its_models():
    fleet = Fleet.from_models(DEFAULT_MODELS[::-1])
    assert fleet.num_models == 5
    for field in NUMBERS:
        column = getattr(fleet, field)
        assert column.dtype == np.float32
        np.testing.assert_array_equal(column, np.float32([getattr(model, field) for model in DEFAULT_MODELS[::-1]]))


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        path = tmp_path / "fleet.toml"
        path.write_text(text)
        return path

    return to_file


def table(**fields):
    return "[[models]]\n" + "".join(f"{key} = {value!r}\n" for key, value in fields.items())


def test_a_fleet_is_read_back_from_toml(write):
    text = "# our fleet\n" + "\n".join(table(**dataclasses.asdict(model)) for model in DEFAULT_MODELS)
    assert load_models(write(text)) == DEFAULT_MODELS


SECOND = GOOD | {"name": "sonnet"}
BAD_FILES = {
    "broken TOML": ("[[models]\nname = 'a'", "not valid TOML"),
    "unknown key": (table(**GOOD) + table(**SECOND, colour="red"), "number 2 has the unknown key 'colour'"),
    "unknown table": (table(**GOOD) + "[reward]\ncost_weight = 1.0\n", "unknown key 'reward'"),
    "missing key": (table(name="a", cost_per_call=0.1), "number 1 lacks latency_mean, latency_std, quality_score"),
    "not a number": (table(**GOOD | {"cost_per_call": "cheap"}), "cost_per_call of 'haiku' is 'cheap'"),
    "boolean": (table(**GOOD).replace("0.001", "true"), "cost_per_call of 'haiku' is True"),
    "negative": (table(**GOOD | {"latency_mean": -1.0}), "latency_mean of 'haiku' is -1; it must be"),
    "nan": (table(**GOOD).replace("0.78", "nan"), "quality_score of 'haiku' is nan; it must be"),
    "name twice": (table(**GOOD) * 2, "the name 'haiku' 2 times"),
    "empty": ("", "models is empty"),
    "not tables": ("models = 3", "models is 3; write one"),
    "names only": ("models = ['a', 'b']", "write one"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_and_so_is_what_is_wrong(write, case):
    text, problem = BAD_FILES[case]
    path = write(text)
    with pytest.raises(ValueError, match="fleet") as error:
        load_models(path)
    assert str(error.value).startswith(f"{path}: ")
    assert problem in str(error.value)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not valid TOML"):
        load_models(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.toml"):
        load_models(tmp_path / "no.toml")
