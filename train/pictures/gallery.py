"""From a config to the pictures of the demo: trained agents, compared and drawn."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from jax_router import Params
from jax_router.rollout import compare
from train.agents.greedy import greedy, nth_agent
from train.algorithm.config import Config
from train.algorithm.ppo import PPO
from train.evaluation.baselines import known_strategies
from train.evaluation.scores import score
from train.evaluation.scores_table import strategy_table, table_rows
from train.pictures.choices import draw_choices
from train.pictures.day import draw_day
from train.pictures.frontier import draw_frontier
from train.pictures.learning import draw_learning
from train.run.devices import ParallelTrainer
from train.run.finish import EVALUATION_STREAM
from train.studies.cost_weights import HIGHEST_WEIGHT, LOWEST_WEIGHT, cost_weights, sweep
from train.studies.learning import train_and_judge
from train.studies.v0.behaviour import live_a_day, map_choices

if TYPE_CHECKING:
    from jax_router.gymnax_env import LLMRouter


def make_gallery(
    config: Config,
    env: "LLMRouter",
    params: Params,
    num_weights: int,
    num_episodes: int,
    tuning_episodes: int,
    console: Console,
) -> Iterator[tuple[str, Figure]]:
    """Every picture by its name, as soon as it is drawn; the same config gives the same pictures.

    Args:
        config: how the agents are trained, of `num_seeds` seeds.
        env: the environment of that config.
        params: its parameters.
        num_weights: agents of the frontier.
        num_episodes: that every agent and every strategy runs through.
        tuning_episodes: for each candidate of the tuned strategies; 0 leaves them out.
        console: for progress and the table of the comparison.
    """
    key = jax.random.fold_in(jax.random.key(config.seed), EVALUATION_STREAM)
    key_judge, key_tuning, key_map, key_day = jax.random.split(key, 4)
    trainer = ParallelTrainer(PPO(config, env), params, num_devices=1)
    agents, curves = train_and_judge(trainer, params, key_judge, num_episodes, console)
    middle = int(np.argsort(curves.reward[:, -1])[config.num_seeds // 2])
    agent = nth_agent(agents, middle)
    agent_name = f"PPO, seed {config.seeds[middle]}"

    strategies = known_strategies(key_tuning, params, env.model_names, tuning_episodes).strategies
    results = compare(key_judge, {agent_name: greedy(trainer.ppo, agent)} | strategies, num_episodes, params)
    scores = {name: score(episodes, env.model_names) for name, episodes in results.items()}
    title = f"{config.scenario}: {num_episodes} episodes, the same for each strategy"
    console.print(strategy_table(title, table_rows(scores)))
    yield "learning", draw_learning(curves, {name: scores[name].reward.mean for name in strategies}, config.scenario)

    yield "choices", draw_choices(map_choices(trainer.ppo, agent, params, key_map), env.model_names)
    day = live_a_day(trainer.ppo, agent, params, key_day)
    yield "day", draw_day(day, env.models, float(params.reward.sla_threshold))

    weights = cost_weights(LOWEST_WEIGHT, HIGHEST_WEIGHT, num_weights)
    one_seed = PPO(replace(config, num_seeds=1), env)
    frontier = sweep(one_seed, params, env.model_names, weights, num_episodes, console)
    yield "frontier", draw_frontier(frontier, config.scenario)
