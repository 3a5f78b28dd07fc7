"""The command `python -m train.evaluate` compares a policy with the strategies that do not learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router import versions
from router_serving.files import write_text
from router_serving.policy import Policy
from router_serving.policy_file import load_policy
from train.algorithm.config import Problem
from train.cli.command import parse_flags, without_help
from train.cli.compilation import start_jax
from train.cli.errors import check_new_file, one_line_errors, stopped_in_one_line
from train.cli.flags import ProblemFlags, SeedFlags, TuningFlags

FORMATS = (".json", ".csv", ".md")


@dataclass(frozen=True)
class Arguments:
    """Compare a trained policy with every other strategy, on the same episodes.

    Without --model-path, the strategies are compared with each other. Without --scenario, a policy is evaluated on the
    scenario that it was trained on.
    """

    env: str | None = None
    """Compare in this environment, LLMRouter-v0 or LLMRouter-v1; None takes the policy's own, or LLMRouter-v0."""
    model_path: Path | None = None
    """Evaluate the policy in this run directory or policy file of train.ppo."""
    output: Path | None = None
    """Write the results to this file, which must not exist yet and ends in .json, .csv or .md."""
    problem: tyro.conf.OmitArgPrefixes[ProblemFlags] = ProblemFlags()
    evaluation: tyro.conf.OmitArgPrefixes[TuningFlags] = TuningFlags()
    randomness: tyro.conf.OmitArgPrefixes[SeedFlags] = SeedFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.evaluation.check()
        self.randomness.check()
        if self.output is not None:
            if self.output.suffix not in FORMATS:
                raise ValueError(f"--output is {self.output}; its ending must be one of {', '.join(FORMATS)}")
            check_new_file("--output", self.output)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    first = _cli(without_help(args), Arguments())
    with one_line_errors(), stopped_in_one_line():
        policy = None if first.model_path is None else load_policy(first.model_path)
        arguments = _cli(args, _defaults(policy))
        arguments.check()
        start_jax()
        _evaluate(arguments, policy)


def _defaults(policy: Policy | None) -> Arguments:
    """Return the defaults of the flags: the environment and the scenario that the policy was trained on, if any."""
    if policy is None:
        return Arguments()
    trained_on = policy.origin.environment
    env = trained_on if trained_on in versions.ENVIRONMENTS else None
    return Arguments(env, problem=ProblemFlags(scenario=policy.scenario))


def _cli(args: Sequence[str] | None, default: Arguments) -> Arguments:
    return parse_flags("train.evaluate", Arguments, args, default)


def _evaluate(arguments: Arguments, policy: Policy | None) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    import jax

    from train.agents.strategies import all_strategies, check_fleet
    from train.algorithm.environments import load_task
    from train.cli.console import console, print_sentences, terminal_table
    from train.evaluation.comparison import evaluate
    from train.evaluation.results_file import detail_columns, matched_in_words, results_text
    from train.evaluation.scores_table import comparison_title, table_rows

    task = load_task(Problem(**vars(arguments.problem), env=arguments.env or versions.DEFAULT))
    if policy is not None:
        check_fleet(policy, task.model_names, task.params)
    ours = {} if policy is None else all_strategies("ppo", policy, task.params)
    num_episodes, tuning_episodes = arguments.evaluation.episodes, arguments.evaluation.tuning_episodes
    evaluation = evaluate(
        jax.random.key(arguments.randomness.seed),
        task.params,
        task.model_names,
        dict(list(ours.items())[:1]),  # a priced policy is judged by its first strategy, which paces the budget
        num_episodes,
        tuning_episodes,
        beside=ours,
    )
    scenario, out = arguments.problem.scenario, console()
    if arguments.output is not None:
        write_text(arguments.output, results_text(arguments.output.suffix, evaluation, scenario, num_episodes))
    out.print(terminal_table(comparison_title(scenario, num_episodes), table_rows(evaluation.scores)))
    details = table_rows(evaluation.scores, detail_columns(evaluation), with_shares=False)
    out.print(terminal_table("in detail", details))
    print_sentences(out, matched_in_words(evaluation))


if __name__ == "__main__":
    main()
