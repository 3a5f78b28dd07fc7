"""Picture: how good the agents of many seeds are, with the rules as lines."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from train.pictures.style import BLACK, BLUE, GREY, VERMILLION, in_house_style, new_figure

COLOURS = (VERMILLION, BLACK, GREY)


@in_house_style
def draw_seeds(rewards: Mapping[str, np.ndarray], rules: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw for each scenario the share of agents that earn less than so much, and a line for each rule.

    Args:
        rewards: the mean reward of an agent of each seed, (S,), by scenario.
        rules: the mean rewards of at most three rules by name, by scenario.
    """
    num_seeds = max(of_seeds.size for of_seeds in rewards.values())
    figure = new_figure(0.6 + 2.3 * len(rewards), f"What {num_seeds} agents earn that differ in their seed alone")
    for axes, (scenario, of_seeds) in zip(
        figure.subplots(len(rewards), squeeze=False)[:, 0], rewards.items(), strict=True
    ):
        ordered = np.sort(of_seeds)
        axes.set_title(f"{scenario}: {of_seeds.mean():.1f} on average")
        axes.step(ordered, np.arange(1, ordered.size + 1) / ordered.size, where="post", color=BLUE)
        for (name, reward), colour in zip(rules[scenario].items(), COLOURS, strict=False):
            axes.axvline(reward, color=colour, linestyle="--", linewidth=1.2, label=f"{name}, {reward:.1f}")
        axes.set_ylim(0, 1.02)
        axes.set_ylabel("share that earns less")
        axes.legend(loc="upper left", fontsize=9.5, frameon=True, facecolor="white", edgecolor="none", framealpha=1)
    figure.supxlabel("mean reward of an episode, the same episodes for all", fontsize=11)
    return figure
