"""The index policy looks ahead: it beats the reward of the moment where queues matter, and is that where none do."""

from functools import cache

import jax.numpy as jnp
import numpy as np

from jax_router.rollout import compare
from jax_router.v0 import make_params
from jax_router.v0.strategies import greedy_reward
from train.agents.strategies import index_strategy, table_preferences
from train.bounds.index import queue_prices
from train.bounds.problem import Prices
from train.bounds.v0.discretise import Resolution, discretise
from train.bounds.v0.index_policy import index_tables
from train.bounds.v0.upper_bound import upper_bound
from train.evaluation.statistics import paired_difference

SHORT = {"episode_length": 120, "steps_per_day": 160.0}


@cache
def index_of(scenario):
    return index_tables(make_params(scenario, **SHORT), seconds=np.inf)


def test_it_beats_the_reward_of_the_moment_in_the_rush_hour(key):
    params = make_params("rush_hour", **SHORT)
    both = {"index": index_strategy(*index_of("rush_hour")), "greedy": greedy_reward(params)}
    rewards = {name: np.asarray(episodes.reward) for name, episodes in compare(key, both, 512, params).items()}
    assert paired_difference(rewards["index"], rewards["greedy"]).low > 0


def test_where_queues_slow_nothing_it_is_the_reward_of_the_moment(key):
    params = make_params("reference", **SHORT)
    both = {"index": index_strategy(*index_of("reference")), "greedy": greedy_reward(params)}
    index, greedy = compare(key, both, 64, params).values()
    np.testing.assert_allclose(index.reward, greedy.reward, atol=1e-3)


def test_what_a_queue_loses_grows_with_the_size_that_joins_and_is_never_negative():
    table = index_of("rush_hour")[0].queue_price
    assert table.min() >= 0
    assert table.max() > 0.01
    assert (np.diff(table, axis=2) > -1e-5).all()


def test_a_budget_that_binds_gives_money_a_price_and_one_that_does_not_none():
    assert index_tables(make_params(**SHORT, budget=0.18), seconds=np.inf)[1] > 5
    assert index_of("rush_hour")[1] == 0


def test_a_price_in_the_observation_is_a_price():
    tables, _ = index_of("rush_hour")
    seen = np.random.default_rng(0).uniform(0, 1, (40, 9)).astype(np.float32)
    priced = jnp.concatenate([jnp.asarray(seen), jnp.full((40, 1), jnp.log(30.0), jnp.float32)], axis=1)
    expected = index_strategy(tables, 30.0)(None, jnp.asarray(seen), None)
    np.testing.assert_array_equal(table_preferences(tables)(priced).argmax(1), expected)


def test_the_prices_of_a_bound_make_an_index():
    params = make_params("rush_hour", **SHORT)
    bound = upper_bound(params, num_starts=2, max_evaluations=3, max_halvings=0)
    tables, _ = index_tables(params, prices=bound.prices)
    assert tables.queue_price.shape == index_of("rush_hour")[0].queue_price.shape


def test_parts_of_the_day_without_a_step_are_read_off_their_neighbours():
    params = make_params(episode_length=10, steps_per_day=1000.0)
    starts = np.array([0.25, 0.75])
    problem = discretise(params, starts, Resolution(11, 4, 3), lifted=False)
    knots = np.full((2, 2, len(problem.kind_weights), len(problem.sizes)), 0.3)
    table = queue_prices(problem, Prices(knots, np.array([0, 9]), np.zeros(2)), starts, 1000.0)
    assert np.isfinite(table).all()
    np.testing.assert_allclose(table[24], (table[12] + table[36]) / 2)


def test_tables_without_time_to_search_are_tables():
    tables, _ = index_tables(make_params(**SHORT), seconds=0.0)
    assert all(np.isfinite(table).all() and table.dtype == np.float32 for table in tables)
