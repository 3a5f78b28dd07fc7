"""The index policy beside what learns, plain PPO and priced policies of several seeds, over the same episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from rich.console import Console

from jax_router import versions
from jax_router.policy import AnyPolicy
from jax_router.rollout import compare
from jax_router.simulator import AnyParams
from router_serving.policy import Policy
from router_serving.policy_file import load_policy, save_policy
from train.agents.strategies import all_strategies
from train.algorithm.config import PRICED_RUN, SHORT_RUN, Config, Learning, Problem, Run
from train.algorithm.environments import load_task
from train.bounds.bound import Bound
from train.bounds.index_policy import index_strategies
from train.cli.console import print_sentences
from train.evaluation.bounds import bound_of_episodes
from train.evaluation.statistics import Estimate, paired_difference
from train.run.folder import policy_files
from train.run.trained import trained_policies
from train.studies.claims import claims_of

INDEX, PPO, PRICED = "index policy", "PPO", "priced policy"
"""The kinds of entrants that are compared; every other strategy is a kind of its own."""
RIVALS_STREAM = 2**31 + 2
"""A number that is folded into the seed's key, so that no episode of a training or of a claim recurs."""


@dataclass(frozen=True)
class Effort:
    """How much is trained and measured."""

    num_seeds: int
    """Agents of plain PPO on each scenario."""
    priced_seeds: int
    """Priced policies on each scenario that needs its own; 0 leaves them out."""
    num_episodes: int
    """Episodes that everybody runs through."""
    bound_seconds: float
    """For how long to look for the upper bound of each scenario, about."""
    seed: int
    """Of the episodes."""


@dataclass(frozen=True)
class Rivals:
    """Everybody's rewards on one scenario, over the same E episodes."""

    kinds: Mapping[str, np.ndarray]
    """The rewards of each kind's entrants, (S, E) float64, one row for each seed; the index policy's first."""
    bound: Bound | None
    """What no policy exceeds on these episodes."""

    def mean(self, kind: str) -> float:
        """Return the mean reward of an episode, over the seeds of a kind."""
        return float(self.kinds[kind].mean())

    def lead(self, kind: str) -> Estimate:
        """Return what the index policy earns more than a kind on average over its seeds, paired."""
        return paired_difference(self.kinds[INDEX][0], self.kinds[kind].mean(0))

    def lead_over_best(self, kind: str) -> Estimate:
        """Return what it earns more than the best seed, which is picked on these episodes, in the seed's favour."""
        seeds = self.kinds[kind]
        return paired_difference(self.kinds[INDEX][0], seeds[seeds.mean(1).argmax()])


def measure_rivals(scenario: str, folder: Path, effort: Effort, out: Console) -> Rivals:
    """Train what is not in the folder yet, and run everybody through the same episodes.

    Args:
        scenario: of the default environment.
        folder: it keeps the policies, as `SCENARIO-ppo/seed-I/policy.npz` and `SCENARIO-priced/seed-I/policy.npz`.
        effort: how much is trained and measured.
        out: the console that shows the progress.
    """
    task = load_task(Problem(scenario=scenario))
    params = task.params
    entrants: dict[str, AnyPolicy] = {INDEX: next(iter(index_strategies(params).values()))}
    plain = _policies(folder / f"{scenario}-ppo", Problem(scenario=scenario), SHORT_RUN, effort.num_seeds, out)
    entrants |= _first_strategies(PPO, plain, params)
    trained_on = claims_of(versions.DEFAULT).TRAINED_ON
    if scenario in trained_on and effort.priced_seeds:
        source = trained_on[scenario]
        problem = Problem(scenario=source, priced=True)
        priced = _policies(folder / f"{source}-priced", problem, PRICED_RUN, effort.priced_seeds, out)
        entrants |= _first_strategies(PRICED, priced, params)
    strategies = versions.of(params).strategies
    entrants |= strategies.queue_aware_strategies(params) | strategies.static_strategies(params, task.model_names)
    key = jax.random.fold_in(jax.random.key(effort.seed), RIVALS_STREAM)
    rewards: dict[str, list[np.ndarray]] = {}
    for name, episodes in compare(key, entrants, effort.num_episodes, params).items():
        rewards.setdefault(name.partition(", seed")[0], []).append(np.asarray(episodes.reward, np.float64))
    bound = bound_of_episodes(key, params, effort.num_episodes, effort.bound_seconds, out)
    return Rivals({kind: np.stack(rows) for kind, rows in rewards.items()}, bound)


def reward_rows(results: Mapping[str, Rivals]) -> list[list[str]]:
    """Return a header, and rows of the mean rewards of what is compared, by scenario."""
    rows = [["mean reward", *results], [INDEX, *(f"{one.mean(INDEX):.2f}" for one in results.values())]]
    for kind in _learned(results):
        having = {scenario: one.kinds[kind].mean(1) for scenario, one in results.items() if kind in one.kinds}
        num_seeds = max(map(len, having.values()))
        for which, pick in (("mean", np.mean), ("best", np.max)):
            cells = [f"{pick(having[scenario]):.2f}" if scenario in having else "" for scenario in results]
            rows.append([f"{_in_full(kind)}, {which} of {num_seeds} seeds", *cells])
    others = [_best_other(one) for one in results.values()]
    rows.append(["best strategy without tuning", *(f"{reward:.2f} ({name})" for name, reward in others)])
    if any(one.bound is not None for one in results.values()):
        rows.append(["no policy earns more than", *(_bound_cell(one) for one in results.values())])
    return rows


def lead_rows(results: Mapping[str, Rivals]) -> list[list[str]]:
    """Return a header, and rows of what the index policy earns more than each kind, with 95 % intervals."""
    rows = [["the index policy earns more than", *results]]
    for kind in _learned(results):
        leads = [one.lead(kind) if kind in one.kinds else None for one in results.values()]
        best = [one.lead_over_best(kind) if kind in one.kinds else None for one in results.values()]
        rows.append([f"{_in_full(kind)}, mean of its seeds", *map(_interval, leads)])
        rows.append([f"{_in_full(kind)}, its best seed", *map(_interval, best)])
    return rows


def leads_in_words(results: Mapping[str, Rivals]) -> str:
    """Say on which scenarios the index policy is clearly ahead, behind, or neither, whoever wins."""
    sentences = []
    for kind in _learned(results):
        leads = {scenario: one.lead_over_best(kind) for scenario, one in results.items() if kind in one.kinds}
        ahead = [f"`{scenario}`" for scenario, lead in leads.items() if lead.low > 0]
        behind = [f"`{scenario}`" for scenario, lead in leads.items() if lead.high < 0]
        even = [f"`{scenario}`" for scenario, lead in leads.items() if lead.low <= 0 <= lead.high]
        sentences.append(
            f"The index policy earns more than the best seed of {_in_full(kind)} on {_listed(ahead)}, less on "
            f"{_listed(behind)}, and what differs on {_listed(even)} may be chance."
        )
    return "\n".join(sentences)


def _learned(results: Mapping[str, Rivals]) -> list[str]:
    """The kinds that learn and were measured on some scenario."""
    return [kind for kind in (PPO, PRICED) if any(kind in one.kinds for one in results.values())]


def _policies(folder: Path, problem: Problem, learning: Learning, num_seeds: int, out: Console) -> Sequence[Policy]:
    """The policies of the first seeds in a folder, which are trained and kept there if any is missing."""
    kept = [path for path in policy_files(folder) if path.is_file()]
    if len(kept) < num_seeds:
        print_sentences(out, f"{folder.name}: training {num_seeds} seeds")
        policies = trained_policies(Config(problem, learning, Run(num_seeds=num_seeds)))
        kept = [folder / f"seed-{seed}" / "policy.npz" for seed in policies]
        for path, policy in zip(kept, policies.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            save_policy(path, policy)
    return [load_policy(path) for path in kept[:num_seeds]]


def _first_strategies(kind: str, policies: Sequence[Policy], params: AnyParams) -> dict[str, AnyPolicy]:
    """The strategy that each seed is judged by: a priced policy paces the budget."""
    return {
        f"{kind}, seed {i}": next(iter(all_strategies(kind, policy, params).values()))
        for i, policy in enumerate(policies)
    }


def _in_full(kind: str) -> str:
    return "priced policy with the pacer" if kind == PRICED else kind


def _best_other(one: Rivals) -> tuple[str, float]:
    others = {kind: one.mean(kind) for kind in one.kinds if kind not in (INDEX, PPO, PRICED)}
    best = max(others, key=lambda kind: others[kind])
    return best, others[best]


def _bound_cell(one: Rivals) -> str:
    if one.bound is None:
        return ""
    best = max(float(rows.mean(1).max()) for rows in one.kinds.values())
    return f"{one.bound.value:.2f} ({one.bound.gap(best):.2%} above the best)"


def _interval(lead: Estimate | None) -> str:
    return "" if lead is None else f"{lead.mean:+.2f} ({lead.low:+.2f} to {lead.high:+.2f})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
