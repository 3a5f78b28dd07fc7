"""The index policy serves with NumPy what the simulator plays in JAX, and says what it cannot take."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.v0 import observation as layout
from router_serving.index_policy import IndexPolicy, IndexTables, worth
from router_serving.pacing import make_plan
from router_serving.policy import Origin
from router_serving.policy_file import load_policy, load_priced_policy, save_policy

NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def policy():
    rng = np.random.default_rng(0)
    tables = IndexTables(
        answer=rng.uniform(0, 0.5, (3, 9)),
        wait=-np.cumsum(rng.exponential(0.1, (3, 7)), axis=1),
        costs=np.array([0.03, 0.003, 0.0]),
        load=np.array([0.5, 1.5, 1.0]),
        size=np.array([1.0, 5.0]),
        sizes=np.array([0.0, 1.0, 3.0, 9.0]),
        queue_price=rng.uniform(0, 1, (3, 3, 4, 5)),
    )
    origin = Origin(
        "LLMRouter-v0", "made up", tuple({"name": name} for name in NAMES), layout.names(NAMES), (1.0,) * 7, 5, 6
    )
    plan = make_plan([0.5, 5000.0], [[0.02] * 2, [0.001] * 2], [1.0], 1000.0)
    tables = IndexTables(*(np.asarray(table, np.float32) for table in tables))
    return IndexPolicy(origin, plan, tables.costs, tables, price=0.0)


def observations(count):
    return np.random.default_rng(1).uniform(0, 1, (count, 7)).astype(np.float32)


def test_numpy_and_jax_agree(policy):
    seen, price = observations(500), np.float32(2.0)
    tables = IndexTables(*(jnp.asarray(table) for table in policy.tables))
    simulated = jax.vmap(lambda one: worth(tables, one, jnp.float32(price), jnp))(jnp.asarray(seen))
    np.testing.assert_allclose(policy.logits(seen, 2.0), simulated, atol=1e-5)


def test_one_observation_is_a_row_of_many(policy):
    seen = observations(20)
    assert policy.act(seen[3]) == policy.act(seen)[3]
    assert policy.act(seen[3]).shape == ()
    assert policy.act(seen).dtype == np.int64


def test_what_a_model_is_worth_is_read_off_the_tables(policy):
    tables = policy.tables
    # Noon of three parts is the middle of the second, a queue half full is a node, and so is complexity 0.25.
    length = (3.0 / 1.5 - 1.0) / 5.0  # a size of 3 requests
    seen = np.array([length, 0.25, 0.5, 0.0, 1.0, 0.5, 1.0], np.float32)
    depths = [2, 0, 4]
    expected = tables.answer[:, 2] + tables.wait[[0, 1, 2], [3, 0, 6]] - 7 * tables.costs
    expected = expected - tables.queue_price[1, [0, 1, 2], 2, depths]
    np.testing.assert_allclose(policy.logits(seen, 7.0), expected, atol=1e-5)


def test_the_table_of_a_day_has_no_edge_at_midnight(policy):
    seen = np.broadcast_to(observations(1), (2, 7)).copy()
    seen[:, 5] = [1e-6, 1 - 1e-6]
    before, after = policy.logits(seen)
    np.testing.assert_allclose(before, after, atol=1e-4)


def test_a_high_price_takes_the_cheapest(policy):
    assert (policy.act(observations(50), price=5000.0) == 2).all()


def test_the_budget_is_not_looked_at(policy):
    seen = observations(50)
    other = seen.copy()
    other[:, 6] = 0
    np.testing.assert_array_equal(policy.logits(seen), policy.logits(other))


@pytest.mark.parametrize(
    ("seen", "price", "message"),
    [
        (np.zeros(6), None, "observation has shape (6,); this policy takes (n, 7), for the models a, b, c"),
        (np.full(7, np.nan), None, "observation holds nan at (0,); every number must be finite"),
        (np.zeros(7), -1.0, "price is -1.0; it must be above 0, reward per USD"),
        (np.zeros(7), True, "price is True; it must be an array of numbers"),
    ],
)
def test_what_it_cannot_take_is_named(policy, seen, price, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        policy.act(seen, price)


def test_a_session_spends_a_budget(policy):
    session = policy.start(budget=0.2, prompts=50)
    for seen in observations(50):
        ticket = session.route(seen)
        session.charge(ticket, float(policy.mean_costs[ticket.model]))
    assert 0 <= session.budget_left < 0.1


def test_what_was_saved_comes_back(policy, tmp_path):
    save_policy(tmp_path / "policy.npz", policy)
    loaded = load_policy(tmp_path)
    assert isinstance(loaded, IndexPolicy)
    assert (loaded.origin, loaded.price) == (policy.origin, policy.price)
    seen = observations(50)
    for price in (None, 3.0):
        np.testing.assert_array_equal(loaded.logits(seen, price), policy.logits(seen, price))
    assert load_priced_policy(tmp_path).start(1.0, 10).budget_left == 1.0


@pytest.mark.parametrize("field", IndexTables._fields)
def test_tables_that_do_not_fit_are_no_policy(policy, tmp_path, field):
    wrong = policy.tables._replace(**{field: np.zeros((3, 3, 3), np.float32)})
    save_policy(tmp_path / "policy.npz", replace(policy, tables=wrong))
    with pytest.raises(ValueError, match="damaged policy file: its table"):
        load_policy(tmp_path)


def test_a_price_that_is_none_is_no_policy(policy, tmp_path):
    save_policy(tmp_path / "policy.npz", replace(policy, price=-1.0))
    with pytest.raises(ValueError, match=r"damaged policy file: its price is -1.0"):
        load_policy(tmp_path)
