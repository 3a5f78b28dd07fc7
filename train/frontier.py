"""The command `python -m train.frontier`: agents for a range of prices of money, and the frontier they span."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from jax_router.internal.checks import check_number, check_whole_number
from train.algorithm.config import check_config
from train.cli.compilation import keep_compiled_programs
from train.cli.errors import check_new_file, one_line_errors
from train.cli.flags import TrainingFlags

if TYPE_CHECKING:
    from rich.table import Table

    from train.studies.cost_weights import Frontier


@dataclass(frozen=True)
class Arguments(TrainingFlags):
    """Train agents for a range of cost weights at once, and set cost against quality.

    Prints and draws the agents, every single model, and the hull of each: what mixing them achieves.
    """

    num_weights: int = 16
    """Agents, their cost weights evenly spaced on a logarithmic scale."""
    min_cost_weight: float = 1.0
    """Reward lost per USD by the agent that minds cost least."""
    max_cost_weight: float = 1000.0
    """Reward lost per USD by the agent that minds cost most."""
    episodes: int = 256
    """Episodes that every agent and every model runs through, the same for all."""
    output: Path = Path("frontier.png")
    """The picture, saved as .png and as .svg; made anew where it is there already."""
    json: Path | None = None
    """A file to write the numbers to. Must not exist yet."""


def main(args: Sequence[str] | None = None) -> None:
    """Exits with 2 after one line for bad input."""
    arguments = tyro.cli(Arguments, args=args, prog="python -m train.frontier")
    with one_line_errors():
        check_arguments(arguments)
        keep_compiled_programs()
        _run(arguments)


def check_arguments(arguments: Arguments) -> None:
    """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
    check_config(arguments.config)
    check_whole_number("--num-weights", arguments.num_weights, at_least=2)
    check_whole_number("--episodes", arguments.episodes, at_least=2)
    lowest = check_number("--min-cost-weight", arguments.min_cost_weight, above=0)
    check_number("--max-cost-weight", arguments.max_cost_weight, above=lowest)
    if arguments.json is not None:
        check_new_file("--json", arguments.json)


def _run(arguments: Arguments) -> None:
    # Late, like all of JAX: `--help` or a typo should not take seconds.
    from train.algorithm.environments import make_environment
    from train.algorithm.ppo import PPO
    from train.evaluation.scores_table import console as table_console
    from train.pictures.frontier import draw_frontier
    from train.pictures.style import picture_files, save
    from train.studies.cost_weights import cost_weights, sweep

    env, params = make_environment(arguments.config)
    files = picture_files("--output", arguments.output)
    console = table_console()
    weights = cost_weights(arguments.min_cost_weight, arguments.max_cost_weight, arguments.num_weights)
    ppo = PPO(arguments.config, env)
    frontier = sweep(ppo, params, env.model_names, weights, arguments.episodes, console)
    console.print(frontier_table(frontier, f"{arguments.scenario}: {arguments.episodes} episodes, the same for all"))
    console.print(aiq_in_words(frontier), soft_wrap=True, highlight=False)
    save(draw_frontier(frontier, arguments.scenario), files)
    if arguments.json is not None:
        with arguments.json.open("x") as file:
            file.write(json.dumps(as_json(frontier, arguments.scenario, arguments.episodes), indent=2) + "\n")
    for path in [*files, *filter(None, [arguments.json])]:
        console.print(f"written: {path}", soft_wrap=True, highlight=False)


def frontier_table(frontier: "Frontier", title: str) -> "Table":
    """Agents by cost weight, then the single models by cost."""
    from train.evaluation.scores_table import strategy_table

    models = sorted(frontier.models.items(), key=lambda item: item[1].cost_per_1k)
    named = [(f"agent, cost weight {weight:.3g}", score) for weight, score in frontier.agents.items()]
    named += [(f"always {name}", score) for name, score in models]
    rows = [["", "USD per 1,000", "quality", "SLA violations", "reward", *frontier.models]]
    for name, score in named:
        numbers = [f"{score.cost_per_1k:.3f}", f"{score.quality:.4f}", f"{score.sla_violation_rate:.1%}"]
        shares = [f"{share:.0%}" for share in score.model_share.values()]
        rows.append([name, *numbers, f"{score.reward.mean:.1f}", *shares])
    return strategy_table(title, rows)


def aiq_in_words(frontier: "Frontier") -> str:
    """RouterBench's AIQ for the agents and for the zero router, and the costs that it is taken over."""
    if frontier.cost_range is None or frontier.aiq is None:
        return "AIQ is not defined: the agents all cost the same."
    low, high = frontier.cost_range
    agents, models = frontier.aiq
    return (
        f"AIQ, the mean quality along the hull from {low:.3f} to {high:.3f} USD per 1,000 prompts (where both hulls "
        f"are defined): agents {agents:.4f}, mixtures of single models (zero router) {models:.4f}."
    )


def as_json(frontier: "Frontier", scenario: str, episodes: int) -> dict[str, Any]:
    """All numbers of the table, `aiq` of both hulls, and `cost_range`, USD per 1,000 prompts; null where undefined."""
    agents, models = frontier.aiq or (None, None)
    return {
        "scenario": scenario,
        "episodes": episodes,
        "agents": [{"cost_weight": weight} | score.as_dict() for weight, score in frontier.agents.items()],
        "models": {name: score.as_dict() for name, score in frontier.models.items()},
        "cost_range": frontier.cost_range,
        "aiq": {"agents": agents, "models": models},
    }


if __name__ == "__main__":
    main()
