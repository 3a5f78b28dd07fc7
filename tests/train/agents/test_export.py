"""The plan of a policy whose costs are known: one model below a price, another above it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import make_params
from train.agents.export import NUM_PARTS, NUM_PRICES, rehearse

PARAMS = make_params(episode_length=30, steps_per_day=60)


TIER1_SMALL, TIER2_SMALL = jnp.eye(5)[1], jnp.eye(5)[3]


@jax.vmap
def by_price(observation: jax.Array) -> jax.Array:
    """tier1_small (0.003 USD) below a price of 10, tier2_small (0.001 USD) above it."""
    return jnp.where(observation[-1] < np.log(10), TIER1_SMALL, TIER2_SMALL)


@jax.vmap
def by_hour(observation: jax.Array) -> jax.Array:
    """tier1_small in the morning, tier2_small in the afternoon."""
    return jnp.where(observation[-3] < 0.5, TIER1_SMALL, TIER2_SMALL)


@jax.vmap
def by_chance(observation: jax.Array) -> jax.Array:
    """Any model, whatever the price."""
    return jnp.sin(1e4 * observation[1] * jnp.arange(1.0, 6.0))


def test_costs_by_price(key) -> None:
    prices, cost = rehearse(by_price, PARAMS, 1.0, 100.0, key)
    assert (prices[0], prices[-1]) == (1, 100)
    assert prices.shape == (NUM_PRICES,)
    assert cost.shape == (NUM_PRICES, NUM_PARTS)
    assert prices.dtype == cost.dtype == np.float32
    np.testing.assert_allclose(cost[prices < 9.99], 0.003, rtol=1e-5)
    np.testing.assert_allclose(cost[prices > 10.01], 0.001, rtol=1e-5)


def test_costs_by_hour(key) -> None:
    """To one prompt of an average hour, which stands for hours that nobody rehearsed."""
    _, cost = rehearse(by_hour, PARAMS, 1.0, 100.0, key)
    assert cost[0, : NUM_PARTS // 2].min() > 0.0028
    assert cost[0, NUM_PARTS // 2 :].max() < 0.0012
    assert cost[0].mean() == pytest.approx(0.002, rel=0.02)


def test_costs_never_rise_with_the_price_and_no_hour_is_without(key) -> None:
    """One prompt an episode: 64 of them do not visit every hour, and chance makes some prices look dearer."""
    _, cost = rehearse(by_chance, make_params(episode_length=1), 1.0, 100.0, key)
    assert np.isfinite(cost).all()
    assert cost.min() > 0
    assert (np.diff(cost, axis=0) <= 0).all()
