"""Agents for a range of cost weights: how they are trained, and AIQ by hand."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest
from rich.console import Console

from jax_router import Params, make_params
from tests.helpers.made_up import a_score
from train.studies.cost_weights import Frontier, aiq_in_words, cost_weights, train_for_weights

MODELS = {"large": a_score(3, 0.8, 0.9), "small": a_score(1, 0.7)}


class Payments(NamedTuple):
    """What looks like a train state: its seed's first random number, and the weight summed up over the updates."""

    seed: jax.Array
    total: jax.Array


class PaysItsWeight:
    """What looks like PPO, and notes what it is trained with."""

    learning = SimpleNamespace(num_updates=45)

    def init(self, key: jax.Array, params: Params) -> Payments:
        """Before the first update."""
        return Payments(jax.random.uniform(key), 0.5 * params.reward.cost_weight)

    def update_block(self, agent: Payments, params: Params, num_updates: jax.Array) -> tuple[Payments, None]:
        """After some more."""
        return agent._replace(total=agent.total + jnp.float32(num_updates) * params.reward.cost_weight), None


def test_each_agent_starts_from_the_same_seed_and_is_trained_for_its_own_weight() -> None:
    ppo: Any = PaysItsWeight()
    agents: Any = train_for_weights(ppo, make_params(), cost_weights(0.5, 200, 3), 7, Console(quiet=True))
    assert agents.total == pytest.approx([45.5 * 0.5, 45.5 * 10, 45.5 * 200])
    assert agents.seed.tolist() == [float(jax.random.uniform(jax.random.key(7)))] * 3


def test_aiq_by_hand() -> None:
    frontier = Frontier({1.0: a_score(2, 0.8), 10.0: a_score(1, 0.7)}, MODELS)
    assert frontier.cost_range == (1, 2)
    assert frontier.aiq == pytest.approx((0.75, 0.725))
    assert "from 1.000 to 2.000 USD per 1,000 prompts" in aiq_in_words(frontier)
