"""The end of a run: its policies as files, and how good they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from rich.console import Console

from jax_router import versions
from jax_router.environment import AnyEnvironment, FleetEnvironment
from jax_router.internal.constants import call_compiled
from jax_router.policy import AnyPolicy
from jax_router.rollout import compare
from router_serving.files import write_text
from router_serving.policy import Policy
from router_serving.policy_file import load_policy, save_policy
from train.agents.export import export_policy
from train.agents.strategies import all_strategies, nth_agent
from train.algorithm.config import Config
from train.algorithm.experience import first_episode_returns
from train.algorithm.ppo import PPO, TrainState
from train.cli.console import markdown_table, print_sentences, print_written, terminal_table
from train.evaluation.keys import evaluation_key
from train.evaluation.scores import score
from train.evaluation.scores_table import COLUMNS, MORE_COLUMNS_ALONE, comparison_title, table_rows
from train.evaluation.unseen_fleets import in_words, on_unseen_fleets
from train.run.folder import RunDir

NUM_UNSEEN, EPISODES_UNSEEN = 20, 16
"""The random fleets, and the episodes on each, that a policy for any fleet is tried on after its training."""


def save_policies(
    config: Config, env: AnyEnvironment, state: TrainState, run_dir: RunDir, console: Console
) -> dict[int, Policy]:
    """Write the policy of every seed into the run's folder, and return them by seed.

    `state` is on the host, every leaf leading with (S,). A policy that a finished run has already stays, unless its
    file is damaged. `agents.export` says what a priced policy takes.
    """
    policies = {seed: export_policy(config, env, nth_agent(state, i)) for i, seed in enumerate(config.run.seeds)}
    for seed, policy in policies.items():
        _save(run_dir.policy(config, seed), policy, console)
    return policies


def compare_policies(
    config: Config,
    env: FleetEnvironment,
    env_params: Any,
    policies: Mapping[int, Policy],
    run_dir: RunDir,
    console: Console,
) -> None:
    """Print and write how policies of our environments do beside every static strategy, on the same episodes."""
    strategies: dict[str, AnyPolicy] = {}
    for seed, policy in policies.items():
        name = "PPO" if len(policies) == 1 else f"PPO, seed {seed}"
        strategies |= all_strategies(name, policy, env_params)
    strategies |= versions.of(env_params).strategies.static_strategies(env_params, env.model_names)
    num_episodes = config.run.eval_episodes
    results = compare(evaluation_key(config.run.seed), strategies, num_episodes, env_params)
    scores = {name: score(episodes, env.model_names) for name, episodes in results.items()}
    title = comparison_title(config.problem.scenario, num_episodes)
    whole = markdown_table(table_rows(scores, COLUMNS + MORE_COLUMNS_ALONE))
    write_text(run_dir.comparison, f"{title}\n\n{whole}", replace=True)
    console.print(terminal_table(title, table_rows(scores)))
    print_written(console, [run_dir.comparison])


def print_unseen_fleets(config: Config, policies: Mapping[int, Policy], console: Console) -> None:
    """Print how policies for any fleet do on fleets that they never saw."""
    for seed, policy in policies.items():
        key = evaluation_key(config.run.seed)
        result = on_unseen_fleets(policy, config.problem.env, NUM_UNSEEN, EPISODES_UNSEEN, 0, key)
        name = "" if len(policies) == 1 else f"Seed {seed}: "
        for sentence in in_words(result):
            print_sentences(console, name + sentence)


def print_returns(config: Config, env: AnyEnvironment, env_params: Any, state: TrainState, console: Console) -> None:
    """Print the mean return of every seed's greedy policy on an environment that is not ours."""
    ppo, key = PPO(config.learning, env), evaluation_key(config.run.seed)
    for i, seed in enumerate(config.run.seeds):
        agent = nth_agent(state, i)
        returns = np.asarray(_greedy_returns(ppo, agent, key, config.run.eval_episodes, env_params))
        console.print(f"seed {seed}: mean return {returns.mean():.1f} over {len(returns)} episodes (greedy)")


def _save(path: Path, policy: Policy, console: Console) -> None:
    """Write a policy, unless the file exists already (the run was finished before) and is not damaged."""
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        try:
            load_policy(path)
            return
        except ValueError as error:
            print_sentences(console, f"{error}; it is written anew")
            path.unlink()
    save_policy(path, policy)


def _greedy_returns(ppo: PPO, agent: TrainState, key: jax.Array, num_episodes: int, env_params: Any) -> jax.Array:
    def act(observation: jax.Array) -> jax.Array:
        return ppo.greedy_action(agent.network, agent.observation_stats, observation)

    return call_compiled(lambda key: first_episode_returns(ppo.env, env_params, act, key, num_episodes), key)
