"""Picture: one day of a paced policy, with the price it set, the money it spent, and the model each prompt got."""

from collections.abc import Sequence

import jax
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from jax_router.simulator import AnyParams
from router_serving.priced_policy import PricedPolicy
from train.pictures.style import BLUE, GREY, in_house_style, legend_label, model_styles, new_figure
from train.studies.budgets import Trial, run_trial

NUM_WINDOWS = 50
"""The most parts that the day is divided into for the shares of the models."""


def draw_paced_day(policy: PricedPolicy, params: AnyParams, budget: float, key: jax.Array) -> Figure:
    """Draw a day of the problem `params` with another budget, USD. Raises `ValueError` for too small a budget."""
    _, days = run_trial(policy, params, Trial(budget), key, num_episodes=1)
    columns = (days.told["price"], days.told["budget_left"], days.action)
    price, budget_left, action = (np.asarray(column)[:, 0] for column in columns)
    return draw_price_day(price, budget_left, action, policy.model_names, policy.scenario)


@in_house_style
def draw_price_day(
    price: np.ndarray, budget_left: np.ndarray, action: np.ndarray, model_names: Sequence[str], scenario: str
) -> Figure:
    """Draw one day of T prompts.

    Args:
        price: (T,) float32, the price of money for each prompt, reward per USD.
        budget_left: (T,) float32, what is left of the budget before each prompt, USD.
        action: (T,) int32, the model each prompt got.
        model_names: of the N models, in the order of the actions.
        scenario: the name of the scenario, for the title.
    """
    budget = budget_left[0]
    figure = new_figure(7.2, f"{budget:.3g} USD for {len(price):,} prompts: the price keeps spending on plan")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(1, 1, 1.2))
    prompts = np.arange(len(price))
    top.set_title(f"{scenario}: the price of money, reward per USD (logarithmic)")
    top.plot(prompts, price, color=BLUE)
    top.set_yscale("log")
    top.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    top.yaxis.set_major_formatter("{x:g}")
    top.yaxis.set_minor_formatter("")
    middle.set_title("spent more than an even share for each prompt so far, USD")
    middle.axhline(0, color=GREY, linestyle="--")
    middle.plot(prompts, budget - budget_left - budget / len(price) * prompts, color=BLUE)
    for axes in (top, middle):
        axes.grid(True)
    _draw_shares(bottom, action, model_names)
    bottom.set_xlabel("prompts of the day")
    bottom.set_xlim(0, len(price))
    return figure


def _draw_shares(axes: Axes, action: np.ndarray, model_names: Sequence[str]) -> None:
    edges = np.linspace(0, len(action), min(NUM_WINDOWS, len(action)) + 1).astype(int)
    counts = np.array([np.bincount(part, minlength=len(model_names)) for part in np.split(action, edges[1:-1])])
    shares = counts / counts.sum(1, keepdims=True)
    below = np.zeros(len(shares))
    for i, style in enumerate(model_styles(len(model_names))):
        axes.bar(
            edges[:-1],
            shares[:, i],
            np.diff(edges),
            below,
            align="edge",
            color=style.colour,
            hatch=style.hatch,
            edgecolor="white",
            linewidth=0,
            label=legend_label(model_names[i]) if i in action else None,
        )
        below += shares[:, i]
    axes.set_title("share of the prompts that each model got")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=len(model_names), fontsize=10)
