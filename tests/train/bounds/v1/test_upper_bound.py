"""No strategy of LLMRouter-v1 is above its bound, and where nothing is scarce the bound is what greed earns."""

import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.rollout import compare
from jax_router.v1 import SCENARIOS, make_params
from jax_router.v1.strategies import greedy_less_prices, queue_aware_strategies
from train.bounds.known import bounds_of
from train.bounds.starts import starts_of_episodes
from train.bounds.v1.prompts import capacities
from train.bounds.v1.upper_bound import seconds_until_last, upper_bound

SHORT = {"episode_length": 60}
NUM_EPISODES = 256


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "replay"])
def test_no_strategy_is_above_the_bound(key, scenario):
    params = make_params(scenario, **SHORT)
    bound = upper_bound(
        params, starts_of_episodes(key, NUM_EPISODES, params), seconds=5.0
    )  # any prices give a valid bound
    strategies = queue_aware_strategies(params) | {
        "greedy less prices": greedy_less_prices(params, jnp.array([0.3, 3.58, 0.27], jnp.float32))
    }
    for episodes in compare(key, strategies, NUM_EPISODES, params).values():
        rewards = np.asarray(episodes.reward, np.float64)
        assert rewards.mean() - 4 * rewards.std() / np.sqrt(NUM_EPISODES) < bound.value


def test_prices_of_what_is_scarce_lower_the_bound(key):
    """At the busy hour a minute of tokens does not serve an episode; with wide limits nothing is scarce."""
    params = make_params(episode_length=1000)
    wide = make_params("roomy", episode_length=1000)
    assert upper_bound(params, seconds=np.inf).value < upper_bound(wide, seconds=np.inf).value - 5


def test_the_time_of_an_episode_follows_the_load(key):
    params = make_params(**SHORT)
    times = seconds_until_last(key, params, np.array([0.375, 0.875]))
    assert times[1] / times[0] == pytest.approx(3, rel=0.15)  # the load is 1.5 and 0.5
    assert times.mean() == pytest.approx(59 / 6 * 4 / 3, rel=0.1)


def test_what_there_is_of_each_resource():
    params = make_params()
    limits = np.asarray(params.fleet.token_limit)
    amounts = capacities(params, 120.0)
    assert amounts[0] == pytest.approx(2.5 * limits[0] / 1000)
    assert amounts[-1] == 5.0


def test_it_has_a_bound_and_no_index_policy():
    bounds = bounds_of(make_params())
    assert bounds.index_tables is None
    assert bounds.quality_bound is None
    assert bounds.upper_bound is upper_bound
