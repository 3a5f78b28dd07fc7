"""Picture: how good the agents are while they learn, beside every strategy that does not learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track

from jax_router import Params
from train.greedy import greedy_episodes
from train.plots import BLACK, BLUE, GREY, HALO, VERMILLION, in_house_style, new_figure, spread

if TYPE_CHECKING:
    from train.parallel import ParallelTrainer
    from train.ppo import TrainState

NUM_POINTS = 32
"""Times that the agents are judged while they learn, at most."""
CURVE_EPISODES = 64
"""Episodes that they are judged on each time, the same at every point."""
NUM_SHOWN = 6
"""Strategies that are drawn, the best ones; the others are named under the picture."""


@dataclass(frozen=True)
class LearningCurves:
    """S agents judged at K points of their training."""

    steps: np.ndarray
    """(K,) int64, environment steps each agent had learned from."""
    reward: np.ndarray
    """(S, K) float64, mean reward an episode of the greedy policy."""


def train_and_judge(
    trainer: "ParallelTrainer", params: Params, key: jax.Array, console: Console
) -> tuple["TrainState", LearningCurves]:
    """Train the agents of a trainer, and judge them before the first update and every few updates.

    Args:
        trainer: of S seeds.
        params: the routing problem.
        key: a JAX random key; the episodes of the judging follow from it.
        console: for the progress.

    Returns:
        The trained agents, every leaf leading with (S,), and how they got there.
    """
    ppo = trainer.ppo

    @jax.jit
    def judge(agents: "TrainState", params: Params) -> jax.Array:
        return greedy_episodes(ppo, agents, key, CURVE_EPISODES, params).reward.mean(1)

    agents = trainer.init()
    done, rewards = [0], [np.asarray(judge(agents, params))]
    for num_updates in track(even_parts(ppo.config.num_updates, NUM_POINTS), "training agents", console=console):
        agents, _ = trainer.update_block(agents, num_updates)
        done.append(done[-1] + num_updates)
        rewards.append(np.asarray(judge(agents, params)))
    return agents, LearningCurves(np.array(done) * ppo.config.batch_size, np.array(rewards, np.float64).T)


@in_house_style
def draw_learning(curves: LearningCurves, strategies: Mapping[str, float], scenario: str) -> Figure:
    """The curves with their band, and a level line for each of the best strategies.

    Args:
        curves: of the agents.
        strategies: mean reward an episode, by name.
        scenario: for the title.
    """
    ranked = sorted(strategies.items(), key=lambda item: -item[1])
    shown, hidden = dict(ranked[:NUM_SHOWN]), dict(ranked[NUM_SHOWN:])
    mean = curves.reward.mean(0)
    figure = new_figure(4.9, _title(mean[-1], *ranked[0]))
    axes = figure.subplots()
    axes.set_title(f"{scenario}: reward of the greedy policy on the same {CURVE_EPISODES} episodes at every point")
    thousands = curves.steps / 1000
    for reward in shown.values():
        axes.axhline(reward, color=GREY, linewidth=1.1, linestyle=(0, (5, 3)))
    axes.fill_between(thousands, curves.reward.min(0), curves.reward.max(0), color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(thousands, mean, color=BLUE, marker="o", markersize=4, linewidth=2.2)
    axes.set_ylim(*_limits(mean[-1], list(shown.values())))
    axes.set_xlim(0, thousands[-1])
    axes.set_xlabel("steps each agent has learned from, thousands")
    axes.set_ylabel("reward an episode")
    _name_lines(axes, {f"PPO, mean of {len(curves.reward)} seeds": mean[-1]} | shown)
    axes.text(
        0.98,
        0.04,
        "band: from the worst seed to the best",
        transform=axes.transAxes,
        ha="right",
        color=BLUE,
        path_effects=HALO,
    )
    if hidden:
        figure.supxlabel(_note(hidden), x=0.01, ha="left", fontsize=9.5, color=GREY)
    return figure
