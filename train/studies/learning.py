"""How good agents are while they learn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np
from rich.console import Console
from rich.progress import track

from jax_router import Params
from train.agents.greedy import greedy_episodes

if TYPE_CHECKING:
    from train.algorithm.ppo import TrainState
    from train.run.devices import ParallelTrainer

NUM_POINTS = 32
"""How often agents are judged after the start, at most."""


@dataclass(frozen=True)
class LearningCurves:
    """S agents judged at K points of their training, by the same episodes at every point."""

    steps: np.ndarray
    """(K,) int64, environment steps each agent had learned from."""
    reward: np.ndarray
    """(S, K) float64, mean reward an episode of the greedy policy."""
    num_episodes: int
    """The episodes that each judgement is the mean of."""


def train_and_judge(
    trainer: "ParallelTrainer", params: Params, key: jax.Array, num_episodes: int, console: Console
) -> tuple["TrainState", LearningCurves]:
    """Train the agents of a trainer, and judge them before the first update and every few updates.

    Args:
        trainer: the trainer of S seeds.
        params: the routing problem.
        key: a JAX random key; the episodes of the judging follow from it.
        num_episodes: the episodes of every judgement.
        console: where the progress is shown.

    Returns:
        The trained agents, every leaf leading with (S,), and how they got there.
    """
    learning = trainer.ppo.learning

    @jax.jit
    def judge(agents: "TrainState", params: Params) -> jax.Array:
        return greedy_episodes(trainer.ppo, agents, key, num_episodes, params).reward.mean(1)

    agents = trainer.init()
    done, rewards = [0], [np.asarray(judge(agents, params))]
    for num_updates in track(even_parts(learning.num_updates, NUM_POINTS), "training agents", console=console):
        agents, _ = trainer.update_block(agents, num_updates)
        done.append(done[-1] + num_updates)
        rewards.append(np.asarray(judge(agents, params)))
    return agents, LearningCurves(np.array(done) * learning.batch_size, np.array(rewards, np.float64).T, num_episodes)


def even_parts(num_updates: int, num_parts: int) -> list[int]:
    """`num_updates` in `num_parts` parts that differ by one at most; in fewer where there are not that many."""
    ends = np.linspace(0, num_updates, min(num_parts, num_updates) + 1).astype(int)
    return np.diff(ends).tolist()
