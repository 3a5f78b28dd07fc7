"""How a policy does on fleets that it never saw, beside greedy choices and a rule that is tuned for each fleet."""

import json
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_router import versions
from jax_router.internal.checks import check_whole_number
from jax_router.internal.constants import compiled
from jax_router.observation_table import without_absent
from jax_router.policy import Policy as Strategy
from jax_router.problems import Problems
from jax_router.rollout import run_episodes
from router_serving.policy import NetworkPolicy, Policy
from router_serving.shared_network import SharedNetwork
from train.agents.strategies import preferences
from train.evaluation.statistics import Estimate, paired_difference

UNSEEN_FLEETS = 1
"""The seed of the fleets that policies are evaluated on; training draws from another one."""


@dataclass(frozen=True)
class UnseenFleets:
    """Mean rewards on F fleets, each (F,) float64; all strategies meet the same episodes of a fleet."""

    num_models: np.ndarray
    """(F,) int, the models in each fleet."""
    policy: np.ndarray
    greedy: np.ndarray
    tuned: np.ndarray | None
    """Of the strongest rule, tuned for each fleet on other episodes; None where nothing was tuned."""

    @property
    def above_greedy(self) -> Estimate:
        """The mean over the fleets of the policy's reward less the greedy one's."""
        return paired_difference(self.policy, self.greedy)

    @property
    def share_of_tuning(self) -> float | None:
        """How much of what tuning for each fleet is worth on average the policy has, above greedy choices."""
        if self.tuned is None:
            return None
        worth = float((self.tuned - self.greedy).mean())
        return float((self.policy - self.greedy).mean()) / worth if worth > 0 else None


def on_unseen_fleets(
    policy: Policy, environment: str, count: int, num_episodes: int, tuning_episodes: int, key: jax.Array
) -> UnseenFleets:
    """Run a policy on random fleets of the seed `UNSEEN_FLEETS`.

    Args:
        policy: one whose network is shared by all models, without a price.
        environment: the id of an environment with ranges to draw fleets from.
        count: the number of fleets.
        num_episodes: the number of episodes on each fleet.
        tuning_episodes: the number of other episodes for each candidate of the rule's tuning; 0 leaves it out.
        key: a JAX random key.

    Raises:
        ValueError: for an environment without such ranges, another kind of policy, and a number that is none.
    """
    version = versions.load(environment)
    fleets = version.random_fleets
    if fleets is None:
        raise ValueError(f"--fleets is {count}; {environment} has no ranges to draw fleets from")
    if not isinstance(policy, NetworkPolicy) or not isinstance(policy.network, SharedNetwork):
        raise ValueError(f"--fleets is {count}; it is for policies that were trained with --network shared")
    check_whole_number("num_episodes", num_episodes, at_least=1)
    # Fleets of one size, so that one compiled program runs all of them.
    problems = Problems.of([params for _, params in fleets.random_problems(UNSEEN_FLEETS, count)])
    key_tuning, key_episodes = jax.random.split(key)
    prefer = preferences(policy)
    table = version.observation.table(problems.one(0))
    assert table is not None

    def rewards(params: Any, present: jax.Array, prices: jax.Array) -> jax.Array:
        def masked(key: jax.Array, observation: jax.Array, state: Any) -> jax.Array:
            return jnp.argmax(prefer(without_absent(observation, present, table)), axis=-1).astype(jnp.int32)

        greedy = version.strategies.queue_aware_strategies(params)["greedy-reward"]
        rule = version.tuning.rule_at(params, prices)
        played: list[Strategy] = [masked, greedy, rule]
        return jnp.stack([run_episodes(key_episodes, each, num_episodes, params).reward.mean() for each in played])

    prices = np.zeros((count, 3), np.float32)
    if tuning_episodes:
        prices = fleets.numbers_of_each(key_tuning, problems.problem, tuning_episodes)
    present = np.asarray(problems.present)
    program = compiled(rewards, problems.one(0), present[0], prices[0])
    rows = np.array([program(problems.one(i), present[i], prices[i]) for i in range(count)], np.float64)
    return UnseenFleets(present.sum(1), rows[:, 0], rows[:, 1], rows[:, 2] if tuning_episodes else None)


def in_words(result: UnseenFleets) -> list[str]:
    """Return what was found as sentences."""
    above, differences = result.above_greedy, result.policy - result.greedy
    sizes = f"{result.num_models.min()} to {result.num_models.max()}"
    sentences = [
        f"On {len(differences)} fleets of {sizes} models that it never saw, the policy earns "
        f"{result.policy.mean():.1f} an episode on average, and greedy choices earn {result.greedy.mean():.1f}.",
        f"It is above them on {int((differences > 0).sum())} of the fleets, by {above.mean:.1f} on average "
        f"({above.low:.1f} to {above.high:.1f}; median {np.median(differences):.1f}).",
    ]
    if result.tuned is not None:
        share = result.share_of_tuning
        behind = int((result.policy < result.tuned).sum())
        sentences.append(
            f"The rule that is tuned for each fleet earns {result.tuned.mean():.1f}, and is above the policy on "
            f"{behind} of them"
            + (f"; the policy has {100 * share:.0f} % of what tuning is worth." if share is not None else ".")
        )
    return sentences


def as_text(suffix: str, result: UnseenFleets) -> str:
    """Return the rewards on each fleet as a file's text: .json, .csv or .md."""
    columns = {"models": result.num_models.tolist(), "policy": result.policy.tolist(), "greedy": result.greedy.tolist()}
    if result.tuned is not None:
        columns["tuned rule"] = result.tuned.tolist()
    if suffix == ".json":
        return json.dumps(columns, indent=1) + "\n"
    rows = [list(columns), *([f"{value:.6g}" for value in row] for row in zip(*columns.values(), strict=True))]
    if suffix == ".csv":
        return "".join(",".join(row) + "\n" for row in rows)
    rows.insert(1, ["---:"] * len(columns))
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)
