"""Picture: how far every strategy is under the bound, scenario by scenario."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from train.pictures.style import BLACK, BLUE, GREY, ORANGE, VERMILLION, in_house_style, new_figure
from train.studies.rivals import INDEX, PPO, PRICED, Rivals

LEAST, MOST = 1e-5, 10.0
"""Shares of the bound at which the scale begins and ends; what is farther off stands at its end."""
LANES = {INDEX: (0, VERMILLION, "D"), PRICED: (1, BLUE, "^"), PPO: (2, ORANGE, "o")}
"""The height, colour and marker of each kind that is compared; all others share a lane."""
OTHERS = (3, GREY, "|")


@in_house_style
def draw_room(results: Mapping[str, Rivals]) -> Figure:
    """Draw a row for each scenario that has a bound, on a logarithmic scale of the share of it that is missing."""
    bounded = {scenario: one for scenario, one in results.items() if one.bound is not None}
    figure = new_figure(max(3.6, 1.95 + 1.05 * len(bounded)), "What is left to earn: every strategy under the bound")
    rows = figure.subplots(len(bounded), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (scenario, one) in zip(rows, bounded.items(), strict=True):
        _draw_scenario(axes, scenario, one)
    rows[-1].set_xlabel("reward under the bound, share of the bound (logarithmic; to the left is better)")
    rows[-1].xaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    handles, labels = rows[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=10)
    return figure


def _draw_scenario(axes: Axes, scenario: str, one: Rivals) -> None:
    assert one.bound is not None
    axes.set_xscale("log")
    axes.set_xlim(LEAST, MOST)
    axes.grid(True, axis="x")
    axes.set_yticks([])
    axes.set_ylim(3.6, -0.6)
    axes.set_title(f"{scenario}: at most {one.bound.value:.1f}")
    named = set()
    for kind, rewards in one.kinds.items():
        lane, colour, marker = LANES.get(kind, OTHERS)
        share = np.clip((one.bound.value - rewards.mean(1)) / abs(one.bound.value), LEAST, MOST)
        label = kind if kind in LANES else "strategies that learn nothing"
        axes.plot(
            share,
            np.full(len(share), lane),
            linestyle="",
            marker=marker,
            color=colour,
            markeredgecolor=BLACK if kind in LANES else colour,
            markersize=7,
            clip_on=False,
            label=None if label in named else label,
        )
        named.add(label)
