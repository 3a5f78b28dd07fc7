"""The command `python -m train.specialists`: is one priced policy as good as agents trained for one price each?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tyro

from jax_router.internal.checks import check_whole_number
from router_serving.policy_file import load_priced_policy
from router_serving.priced_policy import PricedPolicy
from train.algorithm.config import Config, check_config
from train.cli.compilation import keep_compiled_programs
from train.cli.errors import one_line_errors
from train.cli.flags import TrainingFlags

if TYPE_CHECKING:
    from rich.console import Console

    from train.studies.specialists import PricedFrontier


@dataclass(frozen=True)
class Arguments:
    """Set a priced policy at all its prices beside agents trained for one price each, and beside single models.

    The agents know their price from the start of the training and no other; no budget binds. Prints what the priced
    policy earns at the cost of each of them, and draws both frontiers.
    """

    model_path: Path
    """A run directory or a policy file of train.ppo --priced."""
    num_agents: int = 16
    """Prices that agents are trained for, evenly spaced over the policy's range on a logarithmic scale."""
    num_seeds: int = 1
    """Agents of each price; the best of them is what the policy is compared with."""
    total_timesteps: int = 1_000_000
    """Environment steps that each agent learns from."""
    episodes: int = 256
    """Episodes that everyone runs through, the same for all."""
    seed: int = 0
    """Everything random follows from it; of several seeds the first."""
    fleet: Path | None = None
    """A TOML file with one [[models]] table a model; default: the five presets."""
    trace: Path | None = None
    """A CSV request trace (TIMESTAMP, ContextTokens, optionally complexity) that replaces the synthetic traffic."""
    episode_length: int | None = None
    """Prompts an episode; default: what the policy's scenario says."""
    output: Path = Path("priced_frontier.png")
    """The picture, saved as .png and as .svg; made anew where it is there already."""


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input."""
    arguments = tyro.cli(Arguments, args=args, prog="python -m train.specialists")
    with one_line_errors():
        check_whole_number("--num-agents", arguments.num_agents, at_least=2)
        check_whole_number("--num-seeds", arguments.num_seeds, at_least=1)
        check_whole_number("--episodes", arguments.episodes, at_least=2)
        policy = load_priced_policy(arguments.model_path)
        config = separate_config(arguments, policy.scenario)
        check_config(config)
        keep_compiled_programs()
        _run(arguments, policy, config)


def separate_config(arguments: Arguments, scenario: str) -> Config:
    """How each agent is trained that knows one price alone: as any run of that many steps."""
    names = ("fleet", "trace", "episode_length", "total_timesteps", "seed")
    return TrainingFlags(scenario, **{name: getattr(arguments, name) for name in names}).config


def _run(arguments: Arguments, policy: PricedPolicy, config: Config) -> None:
    # Late, like all of JAX: `--help` or a typo should not take seconds.
    from train.agents.strategies import check_fleet
    from train.algorithm.environments import make_environment
    from train.evaluation.scores_table import console as table_console
    from train.pictures.specialists import draw_priced_frontier
    from train.pictures.style import picture_files, save
    from train.studies.specialists import priced_frontier

    env, params = make_environment(config)
    check_fleet(policy, env.model_names, params)
    files = picture_files("--output", arguments.output)
    console = table_console()
    frontier = priced_frontier(
        policy, config, env, arguments.num_agents, arguments.num_seeds, arguments.episodes, console
    )
    print_frontier(frontier, policy.scenario, arguments.episodes, console)
    save(draw_priced_frontier(frontier, policy.scenario), files)
    for path in files:
        console.print(f"written: {path}", soft_wrap=True, highlight=False)


def print_frontier(frontier: "PricedFrontier", scenario: str, episodes: int, console: "Console") -> None:
    """The table of the agents, and what it comes to."""
    from train.evaluation.scores_table import strategy_table

    title = f"{scenario}: {episodes} episodes, the same for all, which no budget ends"
    console.print(strategy_table(title, frontier_rows(frontier)))
    console.print(in_words(frontier), soft_wrap=True, highlight=False)


def frontier_rows(frontier: "PricedFrontier") -> list[list[str]]:
    """A header, and a row for the best agent of each price."""
    rows = [
        ["agent for the price", "USD per 1,000", "quality", "SLA violations", "reward", "priced policy's", "difference"]
    ]
    for price, agent in frontier.best_agents.items():
        numbers = [f"{agent.cost_per_1k:.3f}", f"{agent.quality:.4f}", f"{agent.sla_violation_rate:.1%}"]
        reward, gain = frontier.reward_at(agent.cost_per_1k), frontier.gain(agent)
        ours = ["-", "-"] if np.isnan(gain) else [f"{reward:.1f}", f"{gain:+.2%}"]
        rows.append(
            [f"{price:,.3g}" if price < 999.5 else f"{price:,.0f}", *numbers, f"{agent.reward.mean:.1f}", *ours]
        )
    return rows


def in_words(frontier: "PricedFrontier") -> str:
    """How far the policy is from the best agents, and from all of them, where it reaches their costs."""
    best = np.array([frontier.gain(agent) for agent in frontier.best_agents.values()])
    every = np.array([frontier.gain(agent) for seeds in frontier.agents.values() for agent in seeds])
    if np.isnan(best).all():
        return "No agent costs as much as the priced policy at its highest price."
    one_seed = frontier.num_seeds == 1
    whom = "the agent of each price" if one_seed else f"the best of {frontier.num_seeds} agents of each price"
    text = f"At the cost of {whom}, the priced policy earns {np.nanmin(best):+.2%} to {np.nanmax(best):+.2%} more"
    if not one_seed:
        text += f"; of any of the agents, {np.nanmin(every):+.2%} to {np.nanmax(every):+.2%}"
    if np.isnan(best).any():
        lowest = min(score.cost_per_1k for score in frontier.policy.values())
        text += (
            f". {_them_spend(int(np.isnan(best).sum()))} less than it does at any price ({lowest:.3f} USD per 1,000)"
        )
    return text + "."


def _them_spend(count: int) -> str:
    return "One of them spends" if count == 1 else f"{count} of them spend"


if __name__ == "__main__":
    main()
