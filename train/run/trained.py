"""Training policies from a config, without the folder of a run."""

from router_serving.policy import Policy
from train.agents.export import export_policy
from train.agents.strategies import nth_agent
from train.algorithm.config import Config
from train.algorithm.environments import make_environment
from train.algorithm.ppo import PPO
from train.run.devices import ParallelTrainer


def trained_policies(config: Config) -> dict[int, Policy]:
    """Train the policy of every seed of a config; return the policies by seed."""
    env, params = make_environment(config.problem)
    trainer = ParallelTrainer(PPO(config.learning, env), params, config.run.seeds)
    state, _ = trainer.update_block(trainer.init(), config.learning.num_updates)
    host = trainer.to_host(state)
    return {seed: export_policy(config, env, nth_agent(host, i)) for i, seed in enumerate(config.run.seeds)}
