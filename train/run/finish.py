"""The end of a run: its policies as files, and how good they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from rich.console import Console

from jax_router import versions
from jax_router.policy import AnyPolicy
from jax_router.rollout import compare
from router_serving.policy import Policy
from router_serving.policy_file import load_policy, save_policy
from train.agents.export import export_policy
from train.agents.strategies import all_strategies, nth_agent
from train.algorithm.config import Config
from train.algorithm.experience import first_episode_returns
from train.algorithm.ppo import PPO, TrainState
from train.cli.console import print_sentences, terminal_table
from train.evaluation.keys import evaluation_key
from train.evaluation.scores import score
from train.evaluation.scores_table import comparison_title, table_rows
from train.run.folder import RunDir

if TYPE_CHECKING:
    from gymnax.environments.environment import Environment


def report(
    config: Config,
    env: "Environment[Any, Any]",
    env_params: Any,
    state: TrainState,
    run_dir: RunDir,
    console: Console,
) -> None:
    """Save the policy of every seed, and print how it compares with every static strategy.

    `state` is on the host, every leaf leading with (S,). On an environment that is not ours, only the mean return of
    the greedy policy is printed.
    """
    agents = {seed: nth_agent(state, i) for i, seed in enumerate(config.run.seeds)}
    policies = {seed: export_policy(config, env, agent) for seed, agent in agents.items()}
    paths = {seed: run_dir.policy(config, seed) for seed in config.run.seeds}
    for seed, path in paths.items():
        _save(path, policies[seed], console)
    key, num_episodes = evaluation_key(config.run.seed), config.run.eval_episodes
    if config.problem.is_router:
        strategies: dict[str, AnyPolicy] = {}
        for seed, policy in policies.items():
            name = "PPO" if len(policies) == 1 else f"PPO, seed {seed}"
            strategies |= all_strategies(name, policy, env_params)
        strategies |= versions.of(env_params).strategies.static_strategies(env_params, env.model_names)
        results = compare(key, strategies, num_episodes, env_params)
        scores = {name: score(episodes, env.model_names) for name, episodes in results.items()}
        console.print(terminal_table(comparison_title(config.problem.scenario, num_episodes), table_rows(scores)))
    else:
        ppo = PPO(config.learning, env)
        for seed, agent in agents.items():
            returns = np.asarray(_greedy_returns(ppo, agent, key, num_episodes, env_params))
            console.print(f"seed {seed}: mean return {returns.mean():.1f} over {len(returns)} episodes (greedy)")
    for path in paths.values():
        print_sentences(console, f"policy saved: {path}")


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

    return jax.jit(lambda key: first_episode_returns(ppo.env, env_params, act, key, num_episodes))(key)
