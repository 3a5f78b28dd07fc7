"""The command `python -m train.evaluate` compares a policy with the strategies that do not learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router import versions
from jax_router.internal.checks import check_whole_number
from router_serving.files import write_text
from router_serving.policy import Policy
from router_serving.policy_file import load_policy
from train.algorithm.config import Problem
from train.cli.command import parse_flags, without_help
from train.cli.compilation import start_jax
from train.cli.errors import check_new_file, one_line_errors, stopped_in_one_line
from train.cli.flags import BoundFlags, ProblemFlags, SeedFlags, TuningFlags

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
    replay: Path | None = None
    """With --problem, play this log of a gateway as it was routed, and as every strategy would have routed it."""
    output: Path | None = None
    """Write the results to this file, which must not exist yet and ends in .json, .csv or .md."""
    fleets: int = 0
    """Evaluate a policy that any fleet can use on this many random fleets it never saw, instead of on a scenario."""
    problem: tyro.conf.OmitArgPrefixes[ProblemFlags] = ProblemFlags()
    evaluation: tyro.conf.OmitArgPrefixes[TuningFlags] = TuningFlags()
    bound: tyro.conf.OmitArgPrefixes[BoundFlags] = BoundFlags()
    randomness: tyro.conf.OmitArgPrefixes[SeedFlags] = SeedFlags()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.evaluation.check()
        self.bound.check()
        self.randomness.check()
        check_whole_number("--fleets", self.fleets, at_least=0)
        if self.fleets and self.model_path is None:
            raise ValueError(f"--fleets is {self.fleets}; --model-path is missing, the policy to evaluate on them")
        if self.fleets and self.problem != ProblemFlags(scenario=self.problem.scenario):
            raise ValueError(f"--fleets is {self.fleets}; random fleets come with their own traffic and budgets")
        if self.replay is not None and self.problem.problem is None:
            raise ValueError(f"--replay is {self.replay}; it needs the --problem that was fitted to such a log")
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
        if policy is not None and arguments.fleets:
            _evaluate_on_fleets(arguments, policy)
        elif arguments.replay is not None:
            _replay(arguments, policy)
        else:
            _evaluate(arguments, policy)


def _defaults(policy: Policy | None) -> Arguments:
    """Return the defaults of the flags: the environment and the scenario that the policy was trained on, if any."""
    if policy is None:
        return Arguments()
    trained_on = policy.origin.environment
    env = trained_on if trained_on in versions.ENVIRONMENTS else None
    # One for any fleet was trained on no scenario.
    return Arguments(env, problem=ProblemFlags(scenario=policy.scenario) if policy.origin.models else ProblemFlags())


def _cli(args: Sequence[str] | None, default: Arguments) -> Arguments:
    return parse_flags("train.evaluate", Arguments, args, default)


def _evaluate(arguments: Arguments, policy: Policy | None) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    import jax

    from train.agents.strategies import all_strategies, name_of, suited
    from train.algorithm.environments import load_task
    from train.cli.console import console, print_sentences, terminal_table
    from train.evaluation.comparison import evaluate
    from train.evaluation.results_file import detail_columns, in_words, results_text
    from train.evaluation.scores_table import comparison_title, table_rows

    task = load_task(_problem_of(arguments))
    if policy is not None:
        policy = suited(policy, task.model_names, task.params)
    ours = {} if policy is None else all_strategies(name_of(policy), policy, task.params)
    scenario, out = arguments.problem.scenario, console()
    num_episodes, tuning_episodes = arguments.evaluation.episodes, arguments.evaluation.tuning_episodes
    evaluation = evaluate(
        jax.random.key(arguments.randomness.seed),
        task.params,
        task.model_names,
        dict(list(ours.items())[:1]),  # a priced policy is judged by its first strategy, which paces the budget
        num_episodes,
        tuning_episodes,
        beside=ours,
        bound_seconds=arguments.bound.bound_seconds,
        out=out,
    )
    if arguments.output is not None:
        write_text(arguments.output, results_text(arguments.output.suffix, evaluation, scenario, num_episodes))
    out.print(
        terminal_table(comparison_title(scenario, num_episodes), table_rows(evaluation.scores, bound=evaluation.bound))
    )
    details = table_rows(evaluation.scores, detail_columns(evaluation), with_shares=False)
    out.print(terminal_table("in detail", details))
    print_sentences(out, in_words(evaluation))
    if evaluation.bound is None and arguments.bound.bound_seconds:
        print_sentences(out, f"No upper bound is known for {task.params.simulator.name}.")


def _evaluate_on_fleets(arguments: Arguments, policy: Policy) -> None:
    import jax

    from train.cli.console import console, print_sentences
    from train.evaluation.unseen_fleets import as_text, in_words, on_unseen_fleets

    evaluation = arguments.evaluation
    result = on_unseen_fleets(
        policy,
        arguments.env or policy.origin.environment,
        arguments.fleets,
        evaluation.episodes,
        evaluation.tuning_episodes,
        jax.random.key(arguments.randomness.seed),
    )
    if arguments.output is not None:
        write_text(arguments.output, as_text(arguments.output.suffix, result))
    for sentence in in_words(result):
        print_sentences(console(), sentence)


def _replay(arguments: Arguments, policy: Policy | None) -> None:
    import jax

    from jax_router.logs import read_log
    from train.agents.strategies import all_strategies, name_of, suited
    from train.algorithm.environments import load_task
    from train.cli.console import console, print_sentences, terminal_table
    from train.evaluation.baselines import known_strategies
    from train.evaluation.replay import evaluate_replay
    from train.evaluation.replay_table import LESS, differences_of, in_words, replay_text, rows_of, title_of

    problem = _problem_of(arguments)
    assert problem.problem is not None
    assert arguments.replay is not None
    task, fitted = load_task(problem), versions.load_problem(problem.problem)
    if policy is not None:
        policy = suited(policy, task.model_names, task.params)
    ours = {} if policy is None else all_strategies(name_of(policy), policy, task.params)
    # A pacer spends a budget, and a log has none: a priced policy is shown at its prices.
    ours = {name: strategy for name, strategy in ours.items() if not name.endswith("paced")}
    log = read_log(arguments.replay, rename=fitted.log.get("rename"), category=fitted.log.get("category"))
    key, tuning_episodes = jax.random.key(arguments.randomness.seed), arguments.evaluation.tuning_episodes
    known = known_strategies(key, task.params, task.model_names, tuning_episodes).strategies
    evaluation = evaluate_replay(problem.env, fitted, log, {**ours, **known}, arguments.randomness.seed)
    first = next(iter(ours), None) if len(ours) == 1 else None
    if arguments.output is not None:
        write_text(arguments.output, replay_text(arguments.output.suffix, evaluation, first))
    out = console()
    out.print(terminal_table(title_of(evaluation), rows_of(evaluation)))
    out.print(terminal_table(LESS, differences_of(evaluation)))
    print_sentences(out, in_words(evaluation, first))


def _problem_of(arguments: Arguments) -> Problem:
    """The problem of the flags; without --env, a fitted one says itself which environment it is of."""
    folder = arguments.problem.problem
    env = arguments.env or (versions.DEFAULT if folder is None else versions.environment_of(folder))
    return Problem(**vars(arguments.problem), env=env)


if __name__ == "__main__":
    main()
