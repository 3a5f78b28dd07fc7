"""The network for any fleet: the same in NumPy and JAX, blind to the order of models, and as a file."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import v1
from router_serving import for_fleet, load_policy, pretrained, save_policy
from router_serving.policy import NetworkPolicy, Origin
from router_serving.shared_network import RewardTerms, SharedNetwork, Table, expected_reward, scarcity
from train.agents.export import origin_of
from train.algorithm.shared_network import SCARCITY_PRICES, SharedActorCritic, served_network

PARAMS = v1.make_params()
NAMES = tuple(model.name for model in v1.DEFAULT_MODELS)
OF_PROBLEM = v1.observation.table(PARAMS)
TERMS = RewardTerms(**OF_PROBLEM.terms)


def a_network(priced: bool = False, seed: int = 0) -> tuple[SharedNetwork, SharedActorCritic, dict]:
    table = Table(OF_PROBLEM.features, OF_PROBLEM.common, priced)
    module = SharedActorCritic(table, TERMS, (12, 8))
    params = module.init(jax.random.key(seed), jnp.zeros(table.num_inputs(5)))
    # Learned parts that matter: at first the correction is nearly 0.
    params = jax.tree.map(lambda leaf: leaf * 2 + 0.05, params)
    actor = jax.tree.map(np.asarray, params["params"]["actor"])
    return served_network(table, TERMS, actor), module, params


def observations(count: int, num_models: int = 5, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.uniform(0.02, 0.98, (count, 9 * num_models + 5)).astype(np.float32)


def a_policy(priced: bool = False) -> NetworkPolicy:
    return NetworkPolicy(origin_of(PARAMS, "default", NAMES), a_network(priced)[0])


@pytest.mark.parametrize("priced", [False, True])
def test_numpy_agrees_with_what_is_trained(priced):
    served, module, params = a_network(priced)
    x = observations(2000)
    if priced:
        x = np.concatenate([x, np.log(np.geomspace(0.3, 3000, 2000, dtype=np.float32))[:, None]], axis=-1)
    logits, values = module.apply(params, jnp.asarray(x))
    assert values.shape == (2000,)
    np.testing.assert_allclose(served.preferences(x, np), logits, rtol=1e-4, atol=2e-2)  # preferences reach thousands
    alone = np.stack([served.preferences(row, np) for row in x[:8]])
    np.testing.assert_allclose(alone, served.preferences(x[:8], np), rtol=1e-5, atol=1e-4)


def test_models_in_another_order_are_preferred_in_that_order():
    served, module, params = a_network()
    x, order = observations(500), np.array([3, 0, 4, 2, 1])
    rows = x[:, :45].reshape(-1, 5, 9)[:, order].reshape(-1, 45)
    moved = np.concatenate([rows, x[:, 45:]], axis=-1)
    np.testing.assert_allclose(served.preferences(moved, np), served.preferences(x, np)[:, order], rtol=1e-4, atol=1e-3)
    values = module.apply(params, jnp.asarray(x))[1], module.apply(params, jnp.asarray(moved))[1]
    np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-5)


def test_an_absent_model_changes_nothing_and_is_never_chosen():
    served, module, params = a_network()
    x = observations(500)
    wider = np.concatenate([x[:, :45], np.zeros((500, 18), np.float32), x[:, 45:]], axis=-1)
    with_absent = served.preferences(wider, np)
    np.testing.assert_allclose(with_absent[:, :5], served.preferences(x, np), rtol=1e-5, atol=1e-3)
    assert (with_absent[:, 5:] < with_absent[:, :5].min() - 1e6).all()
    values = module.apply(params, jnp.asarray(x))[1], module.apply(params, jnp.asarray(wider))[1]
    np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-5)


def test_the_expected_reward_is_that_of_the_simulator(key):
    """Greedy choices by what is observed are nearly the simulator's own, which know the answers' whole distribution."""
    obs, state = jax.vmap(lambda key: v1.reset(key, PARAMS))(jax.random.split(key, 4000))
    mine = expected_reward(np.asarray(obs), a_network()[0].table, TERMS, np)
    exact = np.asarray(jax.vmap(lambda state: v1.strategies.expected_reward(state, PARAMS))(state))
    assert np.mean(np.abs(mine - exact) < 0.05) > 0.9
    chosen = np.take_along_axis(exact, mine.argmax(-1)[:, None], axis=-1)[:, 0]
    assert (exact.max(-1) - chosen).mean() < 0.01


def test_scarcity_rises_as_buckets_empty_and_slots_fill():
    table = a_network()[0].table
    x = np.repeat(observations(1), 11, axis=0)
    x[:, table.features.index("bucket")] = np.linspace(0, 1, 11)
    x[:, 9 + table.features.index("load")] = np.linspace(0, 0.9, 11)
    prices = scarcity(x, np.array([0.3, 3.6, 0.27], np.float32), table, TERMS, np)
    assert (np.diff(prices[:, 0]) < 0).all()
    assert (np.diff(prices[:, 1]) > 0).all()
    free = np.array([0.3, 3.6, 0.0], np.float32)
    x[:, table.features.index("bucket")] = 1.0
    np.testing.assert_allclose(scarcity(x, free, table, TERMS, np)[:, 0], 0.0, atol=1e-6)


def test_a_file_of_it_comes_back(tmp_path):
    policy = a_policy()
    save_policy(tmp_path / "policy.npz", policy)
    loaded = load_policy(tmp_path / "policy.npz")
    x = observations(100)
    np.testing.assert_array_equal(loaded.logits(x), policy.logits(x))
    assert loaded.origin == policy.origin
    with pytest.raises(ValueError, match=r"takes \(n, 50\)"):
        loaded.act(x[:, :41])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale": np.zeros(2, np.float32)}, "do not fit together"),
        ({"embedding_bias": np.zeros(3, np.float32)}, "do not fit together"),
        ({"scarcity_prices": np.zeros(2, np.float32)}, "do not fit together"),
        ({"kernel_0": np.zeros((4, 4), np.float32)}, "do not fit together"),
        ({"features": ["quality"]}, "does not say what its network reads"),
        ({"terms": {"quality_weight": "much"}}, "does not say what its network reads"),
        ({"common": 3}, "does not say what its network reads"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, change, words):
    save_policy(tmp_path / "policy.npz", a_policy())
    with np.load(tmp_path / "policy.npz") as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays["header"]))
    for name, value in change.items():
        (arrays if name in arrays else header)[name] = value
    np.savez(tmp_path / "damaged.npz", **arrays | {"header": np.array(json.dumps(header))})
    with pytest.raises(ValueError, match=words):
        load_policy(tmp_path / "damaged.npz")


def test_one_policy_for_fleets_of_any_size(tmp_path):
    fleet = tmp_path / "fleet.toml"
    fleet.write_text('[[models]]\nname = "a"\nprice_in = 1.0\n[[models]]\nname = "b"\n')
    of_file, of_names = for_fleet(a_policy(), fleet), for_fleet(a_policy(), ["a", "b"])
    x = observations(50, num_models=2)
    np.testing.assert_array_equal(of_file.act(x), of_names.act(x))
    assert of_file.model_names == ("a", "b")
    assert of_file.origin.models[0]["price_in"] == 1.0
    assert of_file.origin.observation[9] == "quality of b"
    assert (of_file.origin.time_of_day, of_file.origin.budget) == (21, 22)


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ([], "has no models"),
        (["a", "a"], "has the model 'a' 2 times"),
        ([{"price_in": 1.0}], "whose name is None"),
        (["a", ""], "whose name is ''"),
    ],
)
def test_what_is_no_fleet_is_refused(fleet, words):
    with pytest.raises(ValueError, match=words):
        for_fleet(a_policy(), fleet)


def test_a_network_for_one_fleet_cannot_change_it():
    from tests.helpers.made_up import by_complexity

    with pytest.raises(ValueError, match="train one with --network shared"):
        for_fleet(by_complexity(), ["a", "b"])


def test_a_policy_for_any_fleet_asks_for_one():
    anywhere = NetworkPolicy(Origin("LLMRouter-v1", "random fleets", (), (), ()), a_network()[0])
    with pytest.raises(ValueError, match="routes for any fleet; name one first"):
        anywhere.act(observations(1)[0])
    assert for_fleet(anywhere, ["a", "b", "c"]).act(observations(4, num_models=3)).shape == (4,)


def test_the_shipped_policy_routes_a_fleet_it_never_saw(tmp_path):
    """A cheap model that is as good as a dear one gets the prompt; a model that refuses does not."""
    policy = pretrained(["dear", "cheap"])
    x = np.full((1, 9 * 2 + 5), 0.5, np.float32)
    rows = x[:, :18].reshape(1, 2, 9)
    features = v1.observation.FEATURES
    for name, values in {"quality": 0.8, "load": 0.1, "ttft": 0.2, "latency": 0.2, "bucket": 0.9, "home": 0}.items():
        rows[..., features.index(name)] = values
    rows[..., features.index("accepts")] = 0.9
    rows[..., features.index("cost")] = 0.9, 0.4
    assert policy.model_names[policy.act(x)[0]] == "cheap"
    rows[0, 1, features.index("accepts")] = 0.0
    assert policy.model_names[policy.act(x)[0]] == "dear"


def test_learning_begins_with_the_usual_prices_of_the_rule():
    assert SCARCITY_PRICES == v1.tuning.USUAL_PRICES
