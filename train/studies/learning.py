"""Learning curves: how good agents are while they learn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np
from rich.console import Console
from rich.progress import track

from jax_router.simulator import AnyParams
from train.agents.strategies import greedy_episodes

if TYPE_CHECKING:
    from train.algorithm.ppo import TrainState
    from train.run.devices import ParallelTrainer

NUM_POINTS = 32
"""The most times that agents are evaluated after the start."""


@dataclass(frozen=True)
class LearningCurves:
    """S agents evaluated at K points of their training, on the same episodes at every point."""

    steps: np.ndarray
    """The environment steps that each agent had learned from, (K,) int64."""
    reward: np.ndarray
    """The mean reward of an episode with the greedy policy, (S, K) float64."""
    num_episodes: int
    """The number of episodes in each of these means."""


def train_and_judge(
    trainer: "ParallelTrainer", params: AnyParams, key: jax.Array, num_episodes: int, console: Console
) -> tuple["TrainState", LearningCurves]:
    """Train the agents of a trainer, and evaluate them before the first update and every few updates.

    Args:
        trainer: the trainer of S seeds.
        params: the routing problem.
        key: a JAX random key, from which the episodes of the evaluations follow.
        num_episodes: the number of episodes of every evaluation.
        console: where the progress is shown.

    Returns:
        The trained agents, every leaf leading with (S,), and their learning curves.
    """
    learning = trainer.ppo.learning

    @jax.jit
    def judge(agents: "TrainState", params: AnyParams) -> jax.Array:
        return greedy_episodes(trainer.ppo, agents, key, num_episodes, params).reward.mean(1)

    agents = trainer.init()
    done, rewards = [0], [np.asarray(judge(agents, params))]
    for num_updates in track(even_parts(learning.num_updates, NUM_POINTS), "training agents", console=console):
        agents, _ = trainer.update_block(agents, num_updates)
        done.append(done[-1] + num_updates)
        rewards.append(np.asarray(judge(agents, params)))
    return agents, LearningCurves(np.array(done) * learning.batch_size, np.array(rewards, np.float64).T, num_episodes)


def even_parts(num_updates: int, num_parts: int) -> list[int]:
    """Divide `num_updates` into `num_parts` parts that differ by at most one, or into fewer if there are too few."""
    ends = np.linspace(0, num_updates, min(num_parts, num_updates) + 1).astype(int)
    return np.diff(ends).tolist()
