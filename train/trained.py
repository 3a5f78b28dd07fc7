"""From a config to trained policies, without a run directory."""

from train.config import Config
from train.environments import make_environment
from train.greedy import nth_agent
from train.parallel import ParallelTrainer
from train.policy import Policy
from train.ppo import PPO
from train.report import to_policy


def trained_policies(config: Config) -> dict[int, Policy]:
    """The policy of every seed of a config, trained on one device."""
    env, params = make_environment(config)
    trainer = ParallelTrainer(PPO(config, env), params, num_devices=1)
    state, _ = trainer.update_block(trainer.init(), config.num_updates)
    host = trainer.to_host(state)
    return {seed: to_policy(config, env, nth_agent(host, i)) for i, seed in enumerate(config.seeds)}
