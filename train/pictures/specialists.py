"""Picture: one priced policy at all its prices, beside agents trained for one price each and beside single models."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from train.evaluation.scores import Score
from train.pictures.style import BLACK, BLUE, GREY, LIGHT_GREY, ORANGE, in_house_style, label_point, new_figure
from train.studies.specialists import PricedFrontier

FAIR = 0.003
"""The largest difference that does not matter, a share of the reward; it is drawn as a band."""
COST = "USD per 1,000 prompts"


@in_house_style
def draw_priced_frontier(frontier: PricedFrontier, scenario: str) -> Figure:
    """Draw quality on the left, reward on the right and, below it, how much more the policy earns than each agent."""
    figure = new_figure(5.4, _title(frontier))
    parts = figure.subplot_mosaic([["quality", "reward"], ["quality", "gain"]], height_ratios=(1.5, 1))
    quality, reward, gain = parts["quality"], parts["reward"], parts["gain"]
    for axes in (quality, reward, gain):
        axes.grid(True)
    _draw_strategies(quality, frontier, lambda score: score.quality)
    costs = np.linspace(*_cost_range(frontier), 200)
    hull = frontier.models_hull
    inside = costs[(costs >= hull.costs[0]) & (costs <= hull.costs[-1])]
    quality.plot(inside, hull.quality_at(inside), color=GREY, linestyle="--", zorder=1, label="mixtures of models")
    quality.set_title(f"{scenario}: mean quality, 0 to 1")
    quality.set_xlabel(COST)

    _draw_strategies(reward, frontier, lambda score: score.reward.mean)
    rewards = [score.reward.mean for score in _policy_and_agents(frontier)]
    reward.set_ylim(*_around(rewards))
    reward.set_title("mean reward of an episode")
    reward.tick_params(labelbottom=False)
    _draw_gain(gain, frontier)
    reward.sharex(gain)
    for axes in (quality, reward, gain):
        axes.set_xlim(*_cost_range(frontier))
    qualities = [score.quality for score in _policy_and_agents(frontier)]
    quality.set_ylim(*_around([*qualities, *hull.quality_at(inside)]))
    _name_models(quality, frontier, lambda score: score.quality)
    _name_models(reward, frontier, lambda score: score.reward.mean)
    handles, labels = quality.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=10)
    return figure


def _draw_strategies(axes: Axes, frontier: PricedFrontier, value: Callable[[Score], float]) -> None:
    several = f", best of {frontier.num_seeds} seeds" if frontier.num_seeds > 1 else ""
    x, y = _points(frontier.policy, value)
    axes.plot(x, y, color=BLUE, zorder=2, label=f"one priced policy, {len(x)} prices")
    x, y = _points(frontier.best_agents, value)
    label = f"{len(x)} agents, each trained for one price{several}"
    _draw_agents(axes, x, y, label)
    x, y = _points(frontier.models, value)
    axes.plot(x, y, linestyle="", marker="s", color=GREY, markersize=8, zorder=1, label="single models")


def _draw_agents(axes: Axes, x: np.ndarray, y: np.ndarray, label: str | None = None) -> None:
    axes.scatter(x, y, s=36, color=ORANGE, edgecolors=BLACK, linewidths=0.8, zorder=3, label=label)


def _draw_gain(axes: Axes, frontier: PricedFrontier) -> None:
    """Draw the gain in per cent, on a scale that is linear around 0 and logarithmic beyond the first per cent."""
    points = [(agent.cost_per_1k, frontier.gain(agent)) for agent in frontier.best_agents.values()]
    x, y = np.array(points, np.float64).T
    axes.axhspan(-FAIR, FAIR, color=LIGHT_GREY, alpha=0.5, linewidth=0)
    axes.axhline(0, color=GREY, linewidth=1)
    _draw_agents(axes, x, y)
    axes.set_yscale("symlog", linthresh=0.01, linscale=1)
    reached = y[np.isfinite(y)]
    axes.set_ylim(min(-0.014, 1.6 * reached.min(initial=0)), max(0.014, 1.6 * reached.max(initial=0)))
    ticks = np.array([0.01, 0.03, 0.1, 0.3, 1])
    axes.yaxis.set_major_locator(FixedLocator([*-ticks, 0, *ticks]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:+g} %" if share else "0 %")
    axes.yaxis.set_minor_locator(FixedLocator([]))
    axes.annotate(
        f"within {100 * FAIR:g} %",
        (1, FAIR),
        xycoords=axes.get_yaxis_transform(),
        xytext=(-4, 2),
        textcoords="offset points",
        ha="right",
        fontsize=10,
    )
    if len(reached) < len(y):
        _name_what_is_not_reached(axes, frontier)
    axes.set_title("priced policy less agent, at the same cost")
    axes.set_xlabel(COST)


def _name_what_is_not_reached(axes: Axes, frontier: PricedFrontier) -> None:
    """Mark the agents that cost less than the priced policy does at any price."""
    lowest = min(score.cost_per_1k for score in frontier.policy.values())
    axes.axvspan(0, lowest, color=LIGHT_GREY, hatch="//", fill=False, linewidth=0)
    place = axes.get_xaxis_transform()
    axes.annotate(
        "spends more at any price",
        (lowest, 1),
        xycoords=place,
        xytext=(4, -2),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=10,
    )


def _points(scores: Mapping[float, Score] | Mapping[str, Score], value: Callable[[Score], float]) -> np.ndarray:
    """Return costs and values as (2, n) float64."""
    return np.array([(score.cost_per_1k, value(score)) for score in scores.values()], np.float64).T


def _policy_and_agents(frontier: PricedFrontier) -> list[Score]:
    return [*frontier.policy.values(), *frontier.best_agents.values()]


def _cost_range(frontier: PricedFrontier) -> tuple[float, float]:
    costs = [score.cost_per_1k for score in _policy_and_agents(frontier)]
    room = 0.06 * (max(costs) - min(costs)) or 0.1 * max(costs) or 0.1
    return min(costs) - room, max(costs) + room


def _around(values: list[float]) -> tuple[float, float]:
    room = 0.08 * float(np.ptp(values)) or 0.1 * max(map(abs, values)) or 0.1
    return min(values) - room, max(values) + room


def _name_models(axes: Axes, frontier: PricedFrontier, value: Callable[[Score], float]) -> None:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for name, score in frontier.models.items():
        if left < score.cost_per_1k < right and bottom < value(score) < top:
            label_point(axes, name, score.cost_per_1k, value(score), right=True)


def _title(frontier: PricedFrontier) -> str:
    gains = np.array([frontier.gain(agent) for agent in frontier.best_agents.values()])
    if (gains >= -FAIR).all():
        return f"One priced policy is as good as {len(gains)} agents trained apart"
    return f"One priced policy beside {len(gains)} agents trained for one price each"
