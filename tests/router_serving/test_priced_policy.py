"""Priced policies: from a run to a file to serving, the same in NumPy as in JAX, and what they refuse."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from router_serving.policy import priced_observation
from router_serving.policy_file import load_policy, save_policy
from router_serving.priced_policy import PricedPolicy
from tests.helpers.made_up import by_complexity_and_price
from train.agents.strategies import as_strategy

TOY = ["--priced", "--total-timesteps", "512", "--num-envs", "16", "--num-steps", "8", "--eval-episodes", "2"]


@pytest.fixture(scope="module")
def policy() -> PricedPolicy:
    return by_complexity_and_price()


def test_a_file_comes_back_as_it_was(policy, tmp_path) -> None:
    save_policy(tmp_path / "policy.npz", policy)
    loaded = load_policy(tmp_path / "policy.npz")
    assert isinstance(loaded, PricedPolicy)
    assert (loaded.min_price, loaded.max_price) == (0.3, 3000)
    assert loaded.observation_size == 9
    np.testing.assert_array_equal(loaded.mean_costs, policy.mean_costs)
    assert loaded.origin == policy.origin
    for name, part in loaded.plan._asdict().items():
        np.testing.assert_array_equal(part, getattr(policy.plan, name), err_msg=name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plan_prices": np.arange(33, 0, -1, np.float32)}, "plan_prices is not a rising series"),
        ({"plan_cost": np.ones((3, 24), np.float32)}, "plan_cost does not fall with plan_prices"),
        ({"prompts_per_day": np.float32(0)}, "prompts_per_day is 0"),
        ({"mean_costs": np.ones(3, np.float32)}, "mean_costs does not fit"),
        ({"load": np.full(96, np.nan, np.float32)}, "load is not finite"),
        ({"load": None}, "it holds"),
    ],
)
def test_a_damaged_file_is_refused(policy, tmp_path, change, message: str) -> None:
    path = tmp_path / "policy.npz"
    save_policy(path, policy)
    with np.load(path) as archive:
        arrays = dict(archive) | change
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    with pytest.raises(ValueError, match=message):
        load_policy(path)


def test_numpy_and_jax_act_alike_at_any_price(policy) -> None:
    generator = np.random.default_rng(0)
    observations = generator.random((2000, 9)).astype(np.float32)
    for price in (0.3, 3.0, 30.0, 3000.0):
        in_jax = as_strategy(policy, price)(jax.random.key(0), observations, None)  # type: ignore[arg-type]
        np.testing.assert_array_equal(policy.act(observations, price), in_jax)
    prices = np.exp(generator.uniform(np.log(0.3), np.log(3000), 2000))
    actions = policy.act(observations, prices)
    assert set(np.unique(actions)) == {1, 3, 4}
    np.testing.assert_array_equal(policy.act(observations[7], prices[7]), actions[7])


def test_the_amount_of_the_budget_is_not_looked_at(policy) -> None:
    rich, poor = (np.full((1, 9), 0.5, np.float32) for _ in range(2))
    poor[0, -1] = 0.01
    np.testing.assert_array_equal(policy.logits(rich, 3.0), policy.logits(poor, 3.0))


def test_as_strategy_wants_a_price_for_a_priced_policy_only(policy) -> None:
    with pytest.raises(ValueError, match="a priced policy acts at a price"):
        as_strategy(policy)


def test_a_price_out_of_range_is_clamped_and_said(policy) -> None:
    observation = np.full(9, 0.5, np.float32)
    with pytest.warns(UserWarning, match=r"price 10000\.0 is outside the range .*, 0\.3 to 3000: it is clamped"):
        action = policy.act(observation, 1e4)
    assert action == policy.act(observation, 3000.0)


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (None, "price is missing; give one, or route with a budget"),
        (0.0, "price is 0.0; it must be above 0"),
        (np.nan, "price holds nan"),
        ("3", "price is '3'; it must be an array of numbers"),
        (True, "price is True; it must be an array of numbers"),
    ],
)
def test_what_is_no_price_is_refused(policy, price, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        policy.act(np.full(9, 0.5, np.float32), price)


def test_observations_of_another_width_are_refused(policy) -> None:
    with pytest.raises(ValueError, match=r"takes \(n, 9\)"):
        policy.act(np.zeros(5, np.float32), 1.0)


def test_the_network_sees_1_for_the_budget_and_the_log_of_the_price() -> None:
    seen = priced_observation(np.arange(9, dtype=np.float32), np.log(np.float32(30)), 8, np)
    np.testing.assert_allclose(seen, [*range(8), 1, np.log(30)], rtol=1e-6)
    assert seen.dtype == np.float32
    in_jax = priced_observation(jnp.ones((2, 9), jnp.float32), jnp.zeros(2, jnp.float32), 3, jnp)
    assert in_jax.shape == (2, 10)


def test_what_serves_sees_the_same(policy) -> None:
    seen = np.random.default_rng(0).random((3, policy.observation_size)).astype(np.float32)
    log_prices = np.log(np.array([1, 30, 400], np.float32))
    priced = priced_observation(seen, log_prices, policy.origin.budget, np)
    np.testing.assert_array_equal(policy.preferences(seen, log_prices), policy.network.preferences(priced, np))
    np.testing.assert_array_equal(policy.preferences(seen[1], log_prices[1]), policy.network.preferences(priced[1], np))


def test_a_priced_file_of_version_3_is_still_read(policy, tmp_path) -> None:
    """It named the models and the scenario alone, and called the costs `cost_per_call`."""
    path = tmp_path / "policy.npz"
    save_policy(path, policy)
    with np.load(path) as archive:
        arrays = dict(archive)
    header = {"format": "jax-router-policy", "version": 3, "activation": "tanh", "scenario": "default"}
    arrays["header"] = np.array(json.dumps(header | {"model_names": policy.model_names}))
    arrays["cost_per_call"] = arrays.pop("mean_costs")
    np.savez(path, **arrays)
    older = load_policy(path)
    assert isinstance(older, PricedPolicy)
    assert (older.origin.time_of_day, older.origin.budget) == (policy.origin.time_of_day, policy.origin.budget)
    observations = np.random.default_rng(0).random((100, 9))
    np.testing.assert_array_equal(older.act(observations, 30.0), policy.act(observations, 30.0))
    assert older.start(1.0, 500).route(observations[0]).model == policy.start(1.0, 500).route(observations[0]).model
