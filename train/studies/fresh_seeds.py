"""How good the agents of many seeds are, none of which ever served to choose a setting."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import jax
import numpy as np
from rich.console import Console

from train.agents.strategies import greedy_episodes
from train.algorithm.config import SHORT_RUN, Problem
from train.algorithm.environments import make_environment
from train.algorithm.ppo import PPO
from train.cli.console import markdown_table
from train.evaluation.comparison import Evaluation, episode_key
from train.run.devices import ParallelTrainer
from train.studies.claims import Claim, Effort, Limit, claims_of

FIRST_SEED = 1000
"""The first of the seeds; they and the following ones chose no setting of this project."""


def measure_fresh_seeds(
    environment: str, evaluations: Mapping[str, Evaluation], effort: Effort, key: jax.Array, out: Console
) -> dict[str, np.ndarray]:
    """Train agents of the seeds from `FIRST_SEED` on; return the mean reward of each, (S,) float64, by scenario.

    They run through the same episodes as everybody in `evaluations`, which were made with the same `key`, and learn on
    those of the scenarios that the environment's claims name in `FRESH`. `out` shows what is done.
    """
    learning = replace(SHORT_RUN, total_timesteps=effort.short_timesteps)
    seeds = range(FIRST_SEED, FIRST_SEED + effort.fresh_seeds)
    rewards = {}
    for scenario in filter(evaluations.__contains__, claims_of(environment).FRESH if seeds else ()):
        env, params = make_environment(Problem(env=environment, scenario=scenario))
        trainer = ParallelTrainer(PPO(learning, env), params, seeds)
        agents, _ = trainer.update_block(trainer.init(), learning.num_updates)
        judge = jax.jit(partial(greedy_episodes, trainer.ppo), static_argnums=2)
        rewards[scenario] = np.asarray(judge(agents, episode_key(key), effort.num_episodes, params).reward).mean(1)
        out.print(f"{environment}, {scenario}: {len(seeds)} fresh seeds measured")
    return rewards


def fresh_claims(
    rewards: Mapping[str, np.ndarray], evaluations: Mapping[str, Evaluation], limits: Mapping[str, Sequence[Limit]]
) -> list[Claim]:
    """Claim, scenario by scenario, that the shares of the agents that the limits ask for are above the rules."""
    claims = []
    for scenario, of_seeds in rewards.items():
        evaluation, parts, holds = evaluations[scenario], [], True
        for limit in limits[scenario]:
            above = limit.above(of_seeds, evaluation)
            rule = f"{limit.rule} ({evaluation.scores[limit.rule].reward.mean:.1f})"
            within = f" or at most {limit.tolerance:g} less" if limit.tolerance else ""
            parts.append(f"{above} earn more than {rule}{within}")
            holds &= above >= limit.share * of_seeds.size
        seeds = f"{of_seeds.size} fresh seeds ({FIRST_SEED} to {FIRST_SEED + of_seeds.size - 1})"
        spread = f"they earn {of_seeds.min():.1f} to {of_seeds.max():.1f}, {of_seeds.mean():.1f} on average"
        claims.append(Claim(f"Of {seeds} on `{scenario}`, {', '.join(parts)}; {spread}.", holds))
    return claims


def fresh_section(rewards: Mapping[str, np.ndarray], picture: str) -> str:
    """Return the section of the page, in Markdown: a table of the distributions, and their picture, from its path."""
    rows = [["mean reward of an agent", "seeds", "lowest", "1 in 20 below", "median", "mean", "highest"]]
    for scenario, of_seeds in rewards.items():
        numbers = [of_seeds.min(), *np.quantile(of_seeds, (0.05, 0.5)), of_seeds.mean(), of_seeds.max()]
        rows.append([f"`{scenario}`", str(of_seeds.size), *(f"{number:.1f}" for number in numbers)])
    text = (
        "### Every seed\n\n"
        f"Agents of the short run with the seeds from {FIRST_SEED} on, which never served to choose a setting.\n\n"
    )
    return (
        f"{text}{markdown_table(rows)}\n![How good the agents of fresh seeds are, with the rules as lines]({picture})\n"
    )
