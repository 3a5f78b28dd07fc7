"""Agents that are judged while they learn."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest
from rich.console import Console

from jax_router import make_params, run_episodes
from jax_router.v0.strategies import two_threshold
from train.studies.learning import even_parts, train_and_judge


class Thresholds(NamedTuple):
    """What looks like the train states of agents, (S,): the complexity from which each goes to `tier1_small`."""

    network: jax.Array
    observation_stats: jax.Array


class RisingThresholds:
    """What looks like a trainer: two agents whose threshold rises by 0.1 with every update."""

    learning = SimpleNamespace(num_updates=3, batch_size=32)

    @property
    def ppo(self) -> "RisingThresholds":
        """Itself."""
        return self

    def init(self) -> Thresholds:
        """Before the first update."""
        return Thresholds(jnp.array([0.0, 0.5], jnp.float32), jnp.zeros(2))

    def update_block(self, agents: Thresholds, num_updates: int) -> tuple[Thresholds, None]:
        """After some more."""
        return agents._replace(network=agents.network + 0.1 * num_updates), None

    def greedy_action(self, network: jax.Array, stats: jax.Array, observation: jax.Array) -> jax.Array:
        """(..., 9) float32 to (...) int32."""
        return jnp.where(observation[..., 1] > network, 1, 3).astype(jnp.int32)


def test_every_point_of_a_curve_is_that_agent_on_the_same_episodes(key: jax.Array) -> None:
    trainer: Any = RisingThresholds()
    params = make_params(episode_length=20)
    agents, curves = train_and_judge(trainer, params, key, 4, Console(quiet=True))
    assert agents.network == pytest.approx([0.3, 0.8])
    assert curves.steps.tolist() == [0, 32, 64, 96]
    assert curves.num_episodes == 4
    judge = jax.jit(lambda limit: run_episodes(key, two_threshold(limit, jnp.inf, 1, 3), 4, params).reward.mean())
    for seed, start in enumerate((0.0, 0.5)):
        expected = [float(judge(start + 0.1 * point)) for point in range(4)]
        assert curves.reward[seed] == pytest.approx(expected, rel=1e-5)


def test_training_is_cut_into_even_parts() -> None:
    assert even_parts(7, 3) == [2, 2, 3]
    assert even_parts(2, 32) == [1, 1]
    assert sum(even_parts(97, 32)) == 97
    assert set(even_parts(97, 32)) == {3, 4}
