"""Agents as they are judged: every one takes its likeliest action."""

from typing import TYPE_CHECKING

import jax

from jax_router import Episodes, Params, State, run_episodes

if TYPE_CHECKING:
    from jax_router import Policy
    from train.algorithm.ppo import PPO, TrainState


def greedy(ppo: "PPO", agent: "TrainState") -> "Policy":
    """The strategy of one agent."""

    def strategy(key: jax.Array, observation: jax.Array, state: State) -> jax.Array:
        return ppo.greedy_action(agent.network, agent.observation_stats, observation)

    return strategy


def nth_agent(agents: "TrainState", index: int) -> "TrainState":
    """One of A agents, whose leaves all lead with (A,)."""
    return jax.tree.map(lambda leaf: leaf[index], agents)


def greedy_episodes(ppo: "PPO", agents: "TrainState", key: jax.Array, num_episodes: int, params: Params) -> Episodes:
    """The same E whole episodes for each of A agents, fields (A, E, ...); a pure function, to be jitted."""
    return jax.lax.map(lambda agent: run_episodes(key, greedy(ppo, agent), num_episodes, params), agents)
