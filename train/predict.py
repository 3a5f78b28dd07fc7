"""The command `python -m train.predict`: what a simulator expects of a policy, beside what a gateway measured of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tyro

from jax_router.internal.checks import check_number, check_whole_number
from train.cli.command import run_command

if TYPE_CHECKING:
    from jax_router.logs.log import Log
    from router_serving.policy import Origin, Policy

HEADER = ["", "requests", "USD per 1,000", "expected", "off by", "mean latency, s", "expected", "off by"]


@dataclass(frozen=True)
class Arguments:
    """Compare what a gateway measured, where a policy routed, with what the simulator expects on the same requests.

    The problem is one that was fitted to what the gateway logged before, in shadow. A log with pauses is taken stretch
    by stretch: each begins with nothing in flight.
    """

    log: tyro.conf.Positional[Path]
    """Read the requests that the policy routed from this log, such as the gateway's decisions."""
    problem: Path
    """Take the simulator from this folder, which python -m jax_router.fit wrote."""
    model_path: Path
    """Ask the policy in this run directory or policy file."""
    pause: float = 20.0
    """Begin another stretch where nobody asked for so long, s."""
    filled: float = 1.0
    """Fill this share of the rate limits' buckets at the beginning of a stretch."""
    draws: int = 3
    """Play each stretch this often, each time with other luck."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_number("--pause", self.pause, above=0)
        check_number("--filled", self.filled, at_least=0)
        check_whole_number("--draws", self.draws, at_least=1)
        if self.filled > 1:
            raise ValueError(f"--filled is {self.filled:g}; it must be at most 1")


@dataclass(frozen=True)
class Account:
    """What came of some requests: sums, so that stretches add up."""

    requests: int
    cost: float
    """USD."""
    latency: float
    """Seconds of all of them."""

    def __add__(self, other: "Account") -> "Account":
        return Account(self.requests + other.requests, self.cost + other.cost, self.latency + other.latency)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("train.predict", Arguments, _run, args)


def stretches(log: "Log", pause: float) -> list["Log"]:
    """The parts of a log between pauses of at least so many s, without those of a single request."""
    ends = np.flatnonzero(np.diff(log.seconds) >= pause) + 1
    bounds = [0, *ends.tolist(), len(log)]
    parts = [log.rows(slice(begin, end)) for begin, end in pairwise(bounds)]
    return [part for part in parts if len(part) > 1]


def expected(
    problem: Any, environment: str, log: "Log", policy: "Policy", origin: "Origin", filled: float, draws: int
) -> Account:
    """What the simulator expects of the policy on the requests of a log, the mean of some draws of luck.

    The policy sees what it sees in a gateway: observations made with the numbers of its `origin`.
    """
    from jax_router import versions
    from train.agents.strategies import all_strategies, name_of

    replaying = versions.replaying(environment)
    costs, latencies = [], []
    for seed in range(draws):
        replay = replaying.make_replay(problem, log, seed)
        params = _seen_with(replay.params, origin, problem.model_names)
        replay = replace(replay, params=params, first=replace(replay.first, follow_up=np.float32(filled)))
        strategy = next(iter(all_strategies(name_of(policy), policy, replay.params).values()))
        outcome = replaying.play(replay, strategy, seed).outcome
        costs.append(float(outcome.cost.sum(dtype=np.float64)))
        latencies.append(float(outcome.latency.sum(dtype=np.float64)))
    return Account(len(log), float(np.mean(costs)), float(np.mean(latencies)))


def _seen_with(params: Any, origin: "Origin", model_names: Sequence[str]) -> Any:
    """The problem, whose prompts look as they do to a gateway: by the numbers that the policy was trained with.

    They are the usual rate, what each model can sustain, the longest prompt, and the answer to expect of a prompt.
    """
    numbers = {name: np.asarray(values, np.float32) for name, values in origin.numbers.items()}
    if "expected_output" not in numbers:  # a policy of before they were written down
        return params
    order = [origin.model_names.index(name) for name in model_names]
    rows = np.array(params.traffic.rows)
    rows[:, 1] = numbers["expected_output"][np.searchsorted(numbers["bin_edges"], rows[:, 0], side="right")]
    lengths = replace(params.traffic.lengths, longest=numbers["longest_prompt"][0])
    return replace(
        params,
        arrivals=replace(params.arrivals, unit_rate=numbers["mean_rate"][0]),
        engines=replace(params.engines, sustained=numbers["sustained"][order]),
        traffic=replace(params.traffic, lengths=lengths, rows=rows),
    )


def measured(log: "Log") -> Account:
    """What the log says of its requests; a latency that it does not say is the mean of the others."""
    return Account(len(log), float(np.nansum(log.cost)), float(np.nanmean(log.latency)) * len(log))


def row(name: str, found: Account, hoped: Account) -> list[str]:
    """One row of the table, of sums that were measured and expected."""
    usd = [1000 * each.cost / each.requests for each in (found, hoped)]
    seconds = [each.latency / each.requests for each in (found, hoped)]
    cells = [name, f"{found.requests:,}"]
    for real, simulated, digits in ((usd[0], usd[1], 3), (*seconds, 2)):
        cells += [f"{real:.{digits}f}", f"{simulated:.{digits}f}", f"{round(simulated / real - 1, 2) + 0.0:+.0%}"]
    return cells


def _run(arguments: Arguments) -> None:
    # JAX is imported only here, so that `--help` or a typo does not take seconds.
    from jax_router import versions
    from jax_router.logs import read_log
    from router_serving.policy_file import load_policy
    from train.agents.strategies import suited
    from train.cli.console import console, terminal_table

    environment = versions.environment_of(arguments.problem)
    problem = versions.load_problem(arguments.problem)
    given = load_policy(arguments.model_path)
    policy = suited(given, problem.model_names, versions.load(environment).make_params(problem=problem))
    rows, sums = [HEADER], [Account(0, 0.0, 0.0), Account(0, 0.0, 0.0)]
    for number, part in enumerate(stretches(read_log(arguments.log), arguments.pause), start=1):
        found = measured(part)
        hoped = expected(problem, environment, part, policy, given.origin, arguments.filled, arguments.draws)
        rows.append(row(f"stretch {number}", found, hoped))
        sums = [sums[0] + found, sums[1] + hoped]
    if not sums[0].requests:
        raise ValueError(f"{arguments.log}: no stretch of it has two requests")
    console().print(
        terminal_table(
            f"what was measured, and what the simulator expects of {arguments.model_path}", [*rows, row("all", *sums)]
        )
    )


if __name__ == "__main__":
    main()
