"""Strategies side by side on the same episodes, and what a policy saves at matched quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console

from jax_router import versions
from jax_router.episodes import Episodes
from jax_router.internal.checks import check_whole_number
from jax_router.policy import AnyPolicy
from jax_router.rollout import compare
from jax_router.simulator import AnyParams
from jax_router.strategies import mixture
from jax_router.tuning import Tuned
from train.bounds.bound import Bound
from train.evaluation.baselines import known_strategies
from train.evaluation.bounds import bound_of_episodes
from train.evaluation.matched import MatchedMixture, cheapest_mixture, saving_at_matched_quality
from train.evaluation.scores import Score, score
from train.evaluation.statistics import Estimate


@dataclass(frozen=True)
class Matched:
    """A policy compared with mixtures of the models."""

    saving: Estimate | None
    """The saving at matched quality, a share of the mixture's cost; None without such a mixture, or if it is free."""
    mixture: MatchedMixture | None
    """The cheapest mixture with the policy's mean quality; None if no mixture has it."""
    within_sla: MatchedMixture | None
    """The cheapest mixture tried that has the policy's quality and no more SLA violations; None if none has both."""
    num_tried: int
    """The number of mixtures that the search for `within_sla` tried; 0 without a search."""


@dataclass(frozen=True)
class Evaluation:
    """Strategies on the same episodes."""

    scores: dict[str, Score]
    """The scores of all strategies, by name."""
    matched: dict[str, Matched]
    """The savings of each trained policy, by its name; empty where mixtures do not interpolate between the models.

    Other strategies are compared with the first policy.
    """
    bound: Bound | None = None
    """What no policy exceeds on these episodes; None where that was not asked for, or is not known."""


def evaluate(
    key: jax.Array,
    params: AnyParams,
    model_names: Sequence[str],
    policies: Mapping[str, AnyPolicy],
    num_episodes: int = 256,
    tuning_episodes: int = 32,
    beside: Mapping[str, AnyPolicy] | None = None,
    bound_seconds: float = 0.0,
    out: Console | None = None,
) -> Evaluation:
    """Run policies and every known strategy through the same episodes.

    Args:
        key: a JAX random key, split in two: one half for tuning, and `episode_key` for the evaluation.
        params: the routing problem.
        model_names: the names of its N models.
        policies: trained policies by name, or none; strategies are compared with the first.
        num_episodes: the number of episodes of the evaluation.
        tuning_episodes: the number of episodes for each candidate of the tuned strategies; 0 leaves these out.
        beside: further strategies by name, for which no savings are computed.
        bound_seconds: for how long to look for the upper bound, about; 0 leaves it out.
        out: the console that shows the progress of the bound; None shows nothing.

    Raises:
        ValueError: a number of episodes that is not a whole number, before anything is run.
    """
    num_episodes = check_whole_number("num_episodes", num_episodes, at_least=1)
    key_tuning, key_episodes = jax.random.split(key)[0], episode_key(key)
    known = known_strategies(key_tuning, params, model_names, tuning_episodes)
    strategies = dict(policies) | dict(beside or {}) | known.strategies
    episodes = compare(key_episodes, strategies, num_episodes, params)
    constants = [episodes[f"always {name}"] for name in model_names]
    interpolate = versions.of(params).MIXTURES_INTERPOLATE
    matched = {name: _match(episodes[name], constants, known.mixtures, params) for name in policies if interpolate}
    blind = {
        mixture_name(name): mixture(jnp.asarray(found.mixture.shares, jnp.float32))
        for name, found in matched.items()
        if found.mixture is not None
    }
    if blind:
        episodes |= compare(key_episodes, blind, num_episodes, params)
    first = episodes[next(iter(policies))] if policies else None
    scores = {name: score(rows, model_names, first) for name, rows in episodes.items()}
    return Evaluation(scores, matched, bound_of_episodes(key_episodes, params, num_episodes, bound_seconds, out))


def episode_key(key: jax.Array) -> jax.Array:
    """Return the key of the episodes that `evaluate(key, ...)` runs, to run other strategies through them."""
    return jax.random.split(key)[1]


def mixture_name(policy_name: str) -> str:
    """Return the name, among the strategies, of the cheapest mixture with a policy's quality."""
    return f"mixture like {policy_name}"


def _match(policy: Episodes, constants: Sequence[Episodes], mixtures: Tuned | None, params: AnyParams) -> Matched:
    """Compare a policy with mixtures at its quality; `constants` are the episodes of each model alone."""
    costs = np.asarray(versions.of(params).budgeting.mean_costs(params), np.float64)
    qualities = np.array([rows.quality for rows in constants], np.float64)
    length = np.asarray(policy.length, np.float64)
    quality = float(np.average(np.asarray(policy.quality, np.float64), weights=length))
    saving = saving_at_matched_quality(
        np.asarray(policy.cost, np.float64), np.asarray(policy.quality, np.float64), length, costs, qualities
    )
    within_sla, num_tried = None, 0
    if mixtures is not None:
        sla = float(np.average(np.asarray(policy.sla_violation_rate, np.float64), weights=length))
        within_sla, num_tried = _cheapest_within_sla(mixtures, costs, quality, sla), len(mixtures.candidates)
    return Matched(saving, cheapest_mixture(costs, qualities.mean(1), quality), within_sla, num_tried)


def _cheapest_within_sla(mixtures: Tuned, costs: np.ndarray, quality: float, sla: float) -> MatchedMixture | None:
    good = (mixtures.means.quality >= quality) & (mixtures.means.sla_violation_rate <= sla)
    if not good.any():
        return None
    cost = np.where(good, mixtures.candidates @ costs, np.inf)
    best = int(np.argmin(cost))
    return MatchedMixture(mixtures.candidates[best].astype(np.float64), float(cost[best]))
