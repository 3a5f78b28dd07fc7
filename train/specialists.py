"""The command `python -m train.specialists` compares one priced policy with agents trained for one price each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router import versions
from jax_router.internal.checks import check_whole_number
from router_serving.policy_file import load_priced_policy
from train.algorithm.config import Config, router_config
from train.cli.command import run_command
from train.cli.flags import EpisodesFlags, RouterFlags, SeedsFlags, SubstituteFlags, TimestepsFlags


@dataclass(frozen=True)
class Arguments:
    """Compare a priced policy at all its prices with agents trained for one price each, and with single models.

    Each agent learns at its own price only, and no budget is set. The command prints what the priced policy earns at
    the cost of each agent, and draws both frontiers. With several seeds, the policy is compared with the best agent of
    each price.
    """

    model_path: Path
    """Compare the policy in this run directory or policy file of train.ppo --priced."""
    num_agents: int = 16
    """Train agents for this many prices, evenly spaced over the policy's range on a logarithmic scale."""
    output: Path = Path("priced_frontier.png")
    """Save the picture here, as .png and as .svg, over those that are there already."""
    problem: tyro.conf.OmitArgPrefixes[SubstituteFlags] = SubstituteFlags()
    learning: tyro.conf.OmitArgPrefixes[TimestepsFlags] = TimestepsFlags(1_000_000)
    evaluation: tyro.conf.OmitArgPrefixes[EpisodesFlags] = EpisodesFlags()
    randomness: tyro.conf.OmitArgPrefixes[SeedsFlags] = SeedsFlags()

    def config(self, environment: str = versions.DEFAULT, scenario: str = "default") -> Config:
        """Return the config of each agent: that of any run with this number of steps."""
        problem = RouterFlags(env=environment, scenario=scenario, **vars(self.problem))
        return router_config(problem, self.learning, self.randomness)

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_whole_number("--num-agents", self.num_agents, at_least=2)
        self.evaluation.check(at_least=2)
        self.config().check()


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.specialists", Arguments, _compare, args)


def _compare(arguments: Arguments) -> None:
    policy = load_priced_policy(arguments.model_path)

    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from train.agents.strategies import check_fleet
    from train.algorithm.environments import load_task, make_router
    from train.algorithm.ppo import PPO
    from train.cli.console import console, print_written
    from train.pictures.specialists import draw_priced_frontier
    from train.pictures.style import picture_files, save
    from train.studies.specialists import compare_with_specialists, print_frontier

    config, num_episodes, out = (
        arguments.config(policy.origin.environment, policy.scenario),
        arguments.evaluation.episodes,
        console(),
    )
    task = load_task(config.problem)
    check_fleet(policy, task.model_names, task.params)
    files = picture_files("--output", arguments.output)
    ppo = PPO(config.learning, make_router(task))
    frontier = compare_with_specialists(policy, ppo, task, arguments.num_agents, config.run.seeds, num_episodes, out)
    save(draw_priced_frontier(frontier, policy.scenario), files)
    print_frontier(frontier, policy.scenario, num_episodes, out)
    for path in files:
        print_written(out, [path])


if __name__ == "__main__":
    main()
