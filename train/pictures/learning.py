"""Picture: how good the agents are while they learn, beside the strategies that do not learn."""

from collections.abc import Mapping
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from train.pictures.style import BLACK, BLUE, GREY, in_house_style, label_right, new_figure
from train.studies.learning import LearningCurves

NUM_SHOWN = 5
"""The number of strategies that are drawn, best first; the others are named under the picture."""
AGENTS = "PPO"
NOTE_WIDTH = 115
"""The most characters in a line of the note under the picture."""


@in_house_style
def draw_learning(curves: LearningCurves, strategies: Mapping[str, float], scenario: str) -> Figure:
    """Draw the agents' curves with their band, and a level line for each of the best strategies.

    Args:
        curves: the learning curves of the agents.
        strategies: the mean reward of an episode for each strategy, by name.
        scenario: the name of the scenario, for the title.
    """
    ranked = sorted(strategies.items(), key=lambda item: -item[1])
    shown, hidden = dict(ranked[:NUM_SHOWN]), dict(ranked[NUM_SHOWN:])
    num_seeds = len(curves.reward)
    mean, low, high = curves.reward.mean(0), curves.reward.min(0), curves.reward.max(0)
    thousands = curves.steps / 1000

    figure = new_figure(5.0, _title(curves, *ranked[0]))
    axes = figure.subplots()
    band = f"; band: worst to best of {num_seeds} seeds" if num_seeds > 1 else ""
    axes.set_title(f"{scenario}: mean of {curves.num_episodes} episodes, the same for all{band}")
    for reward in shown.values():
        axes.axhline(reward, color=GREY, linewidth=1.1, linestyle=(0, (5, 3)))
    axes.fill_between(thousands, low, high, color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(thousands, mean, color=BLUE, marker="o", markersize=4, linewidth=2.2)
    axes.set_xlim(0, 1.01 * thousands[-1])
    axes.set_ylim(*_limits([mean[-1], *shown.values()]))
    axes.set_xlabel("environment steps each agent has learned from, thousands")
    axes.set_ylabel("reward an episode")

    agents = f"{AGENTS}, mean of {num_seeds}" if num_seeds > 1 else AGENTS
    labels = [f"{mean[-1]:.0f}  {agents}", *(f"{x:.0f}  {name}" for name, x in shown.items())]
    colours = [BLUE, *[BLACK] * len(shown)]
    label_right(axes, labels, [mean[-1], *shown.values()], colours, line_height=0.055)
    if hidden:
        figure.supxlabel(_below(hidden), x=0.01, ha="left", fontsize=9.5, color=GREY)
    return figure


def _limits(rewards: list[float]) -> tuple[float, float]:
    """Return limits with room for all level lines; a curve that begins far below them enters from the edge."""
    low, high = min(rewards), max(rewards)
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin


def _title(curves: LearningCurves, best: str, its_reward: float) -> str:
    """Return a title: from which step on the agents' mean is above every rule, or how it compares in the end."""
    mean = curves.reward.mean(0)
    not_above = np.flatnonzero(mean <= its_reward)
    last = not_above[-1] if len(not_above) else -1
    if last == len(mean) - 1:
        return f"After {curves.steps[-1]:,} steps, the agents earn {mean[-1]:.0f}, and {best} earns {its_reward:.0f}"
    return f"From {curves.steps[last + 1]:,} steps on, the agents beat every rule on average"


def _below(hidden: Mapping[str, float]) -> str:
    """Name the strategies that are not drawn, in lines that fit the picture."""
    each = [f"{name} {reward:,.0f}".replace(" ", "\N{NO-BREAK SPACE}") for name, reward in hidden.items()]
    return fill(f"Lower: {', '.join(each)}.", NOTE_WIDTH, break_on_hyphens=False)
