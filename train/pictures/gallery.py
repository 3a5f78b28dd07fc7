"""The pictures of the demo, one function each. The same seed gives the same pictures."""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from jax_router.rollout import compare
from router_serving.priced_policy import PricedPolicy
from train.agents.paced import smallest_budget_of
from train.agents.strategies import greedy, nth_agent
from train.algorithm.config import Config
from train.algorithm.environments import Task, load_task, make_router
from train.algorithm.ppo import PPO, TrainState
from train.cli.console import terminal_table
from train.evaluation.baselines import known_strategies
from train.evaluation.keys import evaluation_key
from train.evaluation.scores import score
from train.evaluation.scores_table import comparison_title, table_rows
from train.pictures.budget_day import draw_paced_day
from train.pictures.frontier import draw_frontier
from train.pictures.learning import draw_learning
from train.pictures.specialists import draw_priced_frontier
from train.pictures.v0.choices import draw_choices
from train.pictures.v0.day import draw_day
from train.run.devices import ParallelTrainer
from train.run.trained import trained_policies
from train.studies.cost_weights import HIGHEST_WEIGHT, LOWEST_WEIGHT, cost_weights, sweep
from train.studies.learning import LearningCurves, train_and_judge
from train.studies.specialists import compare_with_specialists, print_frontier
from train.studies.v0.behaviour import live_a_day, map_choices

DAY_BUDGET = 3.0
"""The budget of the day that is drawn, in multiples of what the day costs at the cheapest model."""
OF_ONE_ENVIRONMENT = {"choices": "LLMRouter-v0", "day": "LLMRouter-v0"}
"""The pictures that show what only one environment has, by their names."""


def missing_pictures(environment: str) -> list[str]:
    """Return the names of the pictures that an environment has none of."""
    return [name for name, only in OF_ONE_ENVIRONMENT.items() if only != environment]


@dataclass(frozen=True)
class Learned:
    """Agents of several seeds that were evaluated while they learned, and one of them for a closer look."""

    ppo: PPO
    task: Task
    scenario: str
    curves: LearningCurves
    agent: TrainState
    """The agent with the median reward at the end."""
    agent_name: str
    key_episodes: jax.Array
    """The key of the episodes that the agents were evaluated on."""
    key_tuning: jax.Array
    key_choices: jax.Array
    key_day: jax.Array


def learn(config: Config, num_episodes: int, out: Console) -> Learned:
    """Train an agent of each seed, and evaluate them every few updates on the same `num_episodes` episodes."""
    task = load_task(config.problem)
    ppo = PPO(config.learning, make_router(task))
    key_episodes, key_tuning, key_choices, key_day = jax.random.split(evaluation_key(config.run.seed), 4)
    trainer = ParallelTrainer(ppo, task.params, config.run.seeds)
    agents, curves = train_and_judge(trainer, task.params, key_episodes, num_episodes, out)
    middle = int(np.argsort(curves.reward[:, -1])[config.run.num_seeds // 2])
    return Learned(
        ppo=ppo,
        task=task,
        scenario=config.problem.scenario,
        curves=curves,
        agent=nth_agent(agents, middle),
        agent_name=f"PPO, seed {config.run.seeds[middle]}",
        key_episodes=key_episodes,
        key_tuning=key_tuning,
        key_choices=key_choices,
        key_day=key_day,
    )


def learning_picture(learned: Learned, num_episodes: int, tuning_episodes: int, out: Console) -> Figure:
    """Draw how good the agents were while they learned, beside all strategies that do not learn, and print a table.

    Args:
        learned: the agents.
        num_episodes: the number of episodes that agents and strategies are evaluated on.
        tuning_episodes: the number of other episodes for each candidate of the tuned strategies; 0 leaves these out.
        out: the console that the table is printed on.
    """
    params, model_names = learned.task.params, learned.task.model_names
    strategies = known_strategies(learned.key_tuning, params, model_names, tuning_episodes).strategies
    everyone = {learned.agent_name: greedy(learned.ppo, learned.agent)} | strategies
    results = compare(learned.key_episodes, everyone, num_episodes, params)
    scores = {name: score(episodes, model_names) for name, episodes in results.items()}
    out.print(terminal_table(comparison_title(learned.scenario, num_episodes), table_rows(scores)))
    return draw_learning(learned.curves, {name: scores[name].reward.mean for name in strategies}, learned.scenario)


def choices_picture(learned: Learned) -> Figure:
    """Draw which model the agent picks for which prompt and queue."""
    task = learned.task
    choices = map_choices(learned.ppo, learned.agent, task.params, learned.key_choices)
    return draw_choices(choices, task.model_names)


def day_picture(learned: Learned) -> Figure:
    """Draw one episode of the agent, prompt by prompt."""
    params = learned.task.params
    day = live_a_day(learned.ppo, learned.agent, params, learned.key_day)
    return draw_day(day, learned.task.models, float(params.reward.sla_threshold))


def frontier_picture(config: Config, num_weights: int, num_episodes: int, out: Console) -> Figure:
    """Draw cost against quality, for agents of `num_weights` cost weights and for single models."""
    task = load_task(config.problem)
    weights = cost_weights(LOWEST_WEIGHT, HIGHEST_WEIGHT, num_weights)
    ppo = PPO(config.learning, make_router(task))
    frontier = sweep(ppo, task, weights, config.run.seed, num_episodes, out)
    return draw_frontier(frontier, config.problem.scenario)


def train_priced(config: Config, out: Console) -> PricedPolicy:
    """Train the priced policy that the two pictures below show."""
    with out.status("training the priced policy"):
        policy = trained_policies(config)[config.run.seed]
    assert isinstance(policy, PricedPolicy)
    return policy


def budget_day_picture(policy: PricedPolicy, config: Config) -> Figure:
    """Draw a day of the priced policy with `DAY_BUDGET`."""
    params = load_task(config.problem).params
    return draw_paced_day(policy, params, DAY_BUDGET * smallest_budget_of(params), evaluation_key(config.run.seed))


def specialists_picture(
    policy: PricedPolicy, config: Config, num_prices: int, num_episodes: int, out: Console
) -> Figure:
    """Draw the priced policy beside specialists that are trained as `config` says, and print a table."""
    task = load_task(config.problem)
    ppo = PPO(config.learning, make_router(task))
    frontier = compare_with_specialists(policy, ppo, task, num_prices, config.run.seeds, num_episodes, out)
    print_frontier(frontier, policy.scenario, num_episodes, out)
    return draw_priced_frontier(frontier, policy.scenario)
