"""The end of a run: its policies as files, and how good they are."""

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from rich.console import Console

from jax_router import versions
from jax_router.policy import AnyPolicy
from jax_router.rollout import compare
from router_serving.pacing import Plan
from router_serving.policy_file import Policy, policy_from_arrays, save_policy
from router_serving.priced_policy import PricedPolicy
from train.agents.export import rehearse
from train.agents.greedy import nth_agent
from train.agents.strategies import all_strategies, preferences
from train.algorithm.config import Config
from train.algorithm.experience import first_episode_returns
from train.algorithm.ppo import PPO, TrainState
from train.cli.console import terminal_table
from train.evaluation.keys import evaluation_key
from train.evaluation.scores import score
from train.evaluation.scores_table import comparison_title, table_rows
from train.run.folder import RunDir

if TYPE_CHECKING:
    from gymnax.environments.environment import Environment

REHEARSAL_STREAM = 2**31 + 1
"""Folded into the seed's key: a priced policy's plan is measured on other episodes than those of the training."""


def report(
    config: Config,
    env: "Environment[Any, Any]",
    env_params: Any,
    state: TrainState,
    run_dir: RunDir,
    console: Console,
) -> None:
    """Save the policy of every seed, and print how it does beside every static strategy.

    `state` is on the host, every leaf leading with (S,). On an environment that is not ours, what is printed is the
    mean return of the greedy policy.
    """
    agents = {seed: nth_agent(state, i) for i, seed in enumerate(config.run.seeds)}
    policies = {seed: to_policy(config, env, agent) for seed, agent in agents.items()}
    paths = [run_dir.policy(config, seed) for seed in config.run.seeds]
    for path, policy in zip(paths, policies.values(), strict=True):
        if not path.exists():  # a finished run that was resumed has it already
            path.parent.mkdir(exist_ok=True)
            save_policy(path, policy)
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
    for path in paths:
        console.print(f"policy saved: {path}", soft_wrap=True)


def to_policy(config: Config, env: "Environment[Any, Any]", agent: TrainState) -> Policy:
    """What serving needs of the train state of one seed."""
    actor = agent.network["params"]["actor"]
    layers = [actor[f"Dense_{i}"] for i in range(len(actor))]
    policy = policy_from_arrays(
        layers=[(layer["kernel"], layer["bias"]) for layer in layers],
        observation_mean=agent.observation_stats.mean,
        observation_variance=agent.observation_stats.variance,
        activation=config.learning.activation,
        model_names=getattr(env, "model_names", [str(i) for i in range(env.num_actions)]),
        scenario=config.problem.scenario if config.problem.is_router else config.problem.env,
    )
    if not config.problem.priced:
        return policy
    problem = env.default_params
    key = jax.random.fold_in(jax.random.key(config.run.seed), REHEARSAL_STREAM)
    prices, cost = rehearse(preferences(policy), problem, config.problem.min_price, config.problem.max_price, key)
    load = np.array(problem.traffic.load, np.float32)
    return PricedPolicy(
        **vars(policy),
        plan=Plan(prices, cost, load, float(problem.steps_per_day)),
        cost_per_call=np.array(problem.fleet.cost_per_call, np.float32),
    )


def _greedy_returns(ppo: PPO, agent: TrainState, key: jax.Array, num_episodes: int, env_params: Any) -> jax.Array:
    def act(observation: jax.Array) -> jax.Array:
        return ppo.greedy_action(agent.network, agent.observation_stats, observation)

    return jax.jit(lambda key: first_episode_returns(ppo.env, env_params, act, key, num_episodes))(key)
