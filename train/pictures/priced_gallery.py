"""From a config to the demo's pictures of a priced policy."""

from collections.abc import Iterator

import jax
from matplotlib.figure import Figure
from rich.console import Console

from router_serving.priced_policy import PricedPolicy
from train.agents.paced import smallest_budget_of
from train.algorithm.config import Config
from train.algorithm.environments import make_environment
from train.pictures.budget_day import draw_paced_day
from train.pictures.specialists import draw_priced_frontier
from train.run.finish import EVALUATION_STREAM
from train.run.trained import trained_policies
from train.specialists import print_frontier
from train.studies.specialists import priced_frontier

DAY_BUDGET = 3.0
"""Of the day that is drawn, over what the day costs at the cheapest model: it has to be planned for."""


def make_priced_gallery(
    config: Config, separate: Config, num_agents: int, num_episodes: int, console: Console
) -> Iterator[tuple[str, Figure]]:
    """Every picture by its name, as soon as it is drawn; the same config gives the same pictures.

    Args:
        config: how the priced policy is trained.
        separate: how each agent is trained that knows one price alone.
        num_agents: prices that agents are trained for.
        num_episodes: that everyone runs through.
        console: for progress and the table.
    """
    with console.status("training the priced policy"):
        policy = trained_policies(config)[config.seed]
    assert isinstance(policy, PricedPolicy)
    _, params = make_environment(config)
    key = jax.random.fold_in(jax.random.key(config.seed), EVALUATION_STREAM)
    smallest = smallest_budget_of(params)
    yield "price", draw_paced_day(policy, params, DAY_BUDGET * smallest, key)

    env, _ = make_environment(separate)
    frontier = priced_frontier(policy, separate, env, num_agents, 1, num_episodes, console)
    print_frontier(frontier, policy.scenario, num_episodes, console)
    yield "priced_frontier", draw_priced_frontier(frontier, policy.scenario)
