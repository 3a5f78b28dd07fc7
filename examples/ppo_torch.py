"""PPO in one file, with PyTorch, on the vector environment: `python examples/ppo_torch.py --seed 0`.

It needs PyTorch beside this project, and learns to route 100,000 prompts in well under a minute on two cores. The
algorithm is that of Schulman et al. (2017), with the details of "The 37 Implementation Details of PPO".
"""

import argparse

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from torch import nn

import gym_compat  # noqa: F401  # registers LLMRouter-v0 and LLMRouter-v1

DISCOUNT = 0.95
GAE_LAMBDA = 0.95
LEARNING_RATE = 2e-3  # falls to 0 over the run
NUM_STEPS = 16  # steps of each environment between two updates
NUM_EPOCHS = 8
NUM_MINIBATCHES = 4
CLIP_RANGE = 0.2
ENTROPY_COEF = 0.005
VALUE_COEF = 0.5
MAX_GRAD_NORM = 0.5


class RunningScale:
    """The mean and the standard deviation of all rows seen so far (Chan et al., 1979)."""

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        """Begin with mean 0 and standard deviation 1, which the first rows outweigh."""
        self.mean, self.variance, self.count = np.zeros(shape), np.ones(shape), 1e-4

    def update(self, rows: np.ndarray) -> None:
        """Take in rows, (B, ...)."""
        total = self.count + len(rows)
        difference = rows.mean(0) - self.mean
        between = difference**2 * self.count * len(rows) / total
        self.variance = (self.variance * self.count + rows.var(0) * len(rows) + between) / total
        self.mean = self.mean + difference * len(rows) / total
        self.count = total

    @property
    def std(self) -> np.ndarray:
        """The standard deviation, never 0."""
        return np.sqrt(self.variance + 1e-8)


class Agent(nn.Module):
    """Actor and critic, two networks with two hidden layers each, and the scale of the observations."""

    def __init__(self, observation_size: int, num_actions: int) -> None:
        """Make new networks; the actor's last layer is small, so that the first policy is nearly uniform."""
        super().__init__()
        self.actor = _mlp(observation_size, num_actions, 0.01)
        self.critic = _mlp(observation_size, 1, 1.0)
        self.scale = RunningScale((observation_size,))

    def scaled(self, observations: np.ndarray) -> torch.Tensor:
        """Return observations (..., D) with mean 0 and variance 1, as float32."""
        scaled = (observations - self.scale.mean) / self.scale.std
        return torch.as_tensor(np.clip(scaled, -10, 10), dtype=torch.float32)

    def value(self, scaled: torch.Tensor) -> torch.Tensor:
        """Return the value (...) of scaled observations (..., D)."""
        return self.critic(scaled)[..., 0]

    def policy(self, scaled: torch.Tensor) -> torch.distributions.Categorical:
        """Return the distribution of the actions for scaled observations (..., D)."""
        return torch.distributions.Categorical(logits=self.actor(scaled))


def _mlp(num_inputs: int, num_outputs: int, output_scale: float) -> nn.Sequential:
    sizes, scales = [num_inputs, 64, 64, num_outputs], [2**0.5, 2**0.5, output_scale]
    layers: list[nn.Module] = []
    for before, after, scale in zip(sizes, sizes[1:], scales, strict=False):
        linear = nn.Linear(before, after)
        nn.init.orthogonal_(linear.weight, scale)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def train(env_id: str, seed: int, total_timesteps: int, num_envs: int) -> Agent:
    """Train an agent on `num_envs` environments, for at most `total_timesteps` prompts."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # networks this small are fastest on one
    # An environment that ends begins anew in the same step, so that every row of a batch is a step.
    envs = gym.make_vec(env_id, num_envs=num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    agent = Agent(envs.single_observation_space.shape[0], envs.single_action_space.n)
    optimizer = torch.optim.Adam(agent.parameters(), lr=LEARNING_RATE, eps=1e-5)
    reward_scale, returns = RunningScale(), np.zeros(num_envs)
    observations = staggered(envs, seed)
    num_updates = total_timesteps // (num_envs * NUM_STEPS)
    for update in range(num_updates):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - update / num_updates)
        batch, earned = [], []
        for _ in range(NUM_STEPS):
            agent.scale.update(observations)
            scaled = agent.scaled(observations)
            with torch.no_grad():
                policy = agent.policy(scaled)
                actions = policy.sample()
            observations, rewards, terminations, truncations, infos = envs.step(actions.numpy())
            earned.append(rewards.mean())
            returns = DISCOUNT * returns + rewards
            reward_scale.update(returns)
            ended = terminations | truncations
            returns[ended] = 0
            # The value after the step is that of the last observation of an episode where one ended, and 0 where the
            # budget was spent.
            following = np.where(ended[:, None], infos["final_obs"], observations) if ended.any() else observations
            with torch.no_grad():
                value, next_value = agent.value(scaled), agent.value(agent.scaled(following))
            next_value[torch.as_tensor(terminations)] = 0
            scaled_rewards = torch.as_tensor(rewards / reward_scale.std, dtype=torch.float32)
            batch.append(
                (scaled, actions, policy.log_prob(actions), value, next_value, scaled_rewards, torch.as_tensor(ended))
            )
        improve(agent, optimizer, *map(torch.stack, zip(*batch, strict=True)))
        if (update + 1) % max(1, num_updates // 10) == 0:
            print(f"{(update + 1) * num_envs * NUM_STEPS:>9,} prompts, reward per prompt {np.mean(earned):.4f}")
    envs.close()
    return agent


def staggered(envs: gym.vector.VectorEnv, seed: int) -> np.ndarray:
    """Begin episodes at different moments, with random actions until then; return the observations, (B, D).

    Environments that all began at once would show an update one part of the day's budget only.
    """
    observations, _ = envs.reset(seed=seed)
    envs.action_space.seed(seed)
    begins = np.linspace(0, envs.unwrapped.episode_length - 1, envs.num_envs).astype(int)
    for t in range(begins[-1] + 1):
        envs.step(envs.action_space.sample())
        if (begins == t).any():
            observations, _ = envs.reset(options={"reset_mask": begins == t})
    return observations


def improve(
    agent: Agent,
    optimizer: torch.optim.Optimizer,
    scaled: torch.Tensor,
    actions: torch.Tensor,
    log_probs: torch.Tensor,
    values: torch.Tensor,
    next_values: torch.Tensor,
    rewards: torch.Tensor,
    ended: torch.Tensor,
) -> None:
    """Make the gradient steps of one update; all tensors lead with (T, B), T steps of B environments."""
    advantages, advantage = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(NUM_STEPS)):
        error = rewards[t] + DISCOUNT * next_values[t] - values[t]
        advantage = error + DISCOUNT * GAE_LAMBDA * torch.where(ended[t], 0.0, advantage)
        advantages[t] = advantage
    targets = advantages + values
    rows = [part.flatten(0, 1) for part in (scaled, actions, log_probs, advantages, targets)]
    for _ in range(NUM_EPOCHS):
        for index in torch.randperm(len(rows[0])).chunk(NUM_MINIBATCHES):
            seen, chosen, old_log_prob, advantage, target = (part[index] for part in rows)
            policy = agent.policy(seen)
            ratio = (policy.log_prob(chosen) - old_log_prob).exp()
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            clipped = ratio.clamp(1 - CLIP_RANGE, 1 + CLIP_RANGE)
            policy_loss = -torch.minimum(ratio * advantage, clipped * advantage).mean()
            value_loss = 0.5 * (agent.value(seen) - target).square().mean()
            loss = policy_loss + VALUE_COEF * value_loss - ENTROPY_COEF * policy.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), MAX_GRAD_NORM)
            optimizer.step()


def evaluate(agent: Agent, env_id: str, num_episodes: int = 256, seed: int = 1_000_000) -> float:
    """Return the mean reward of episodes in which the agent takes its most probable action."""
    envs = gym.make_vec(env_id, num_envs=num_episodes, autoreset_mode=AutoresetMode.SAME_STEP)
    observations, _ = envs.reset(seed=seed)
    total, running = np.zeros(num_episodes), np.ones(num_episodes, bool)
    while running.any():
        with torch.no_grad():
            actions = agent.actor(agent.scaled(observations)).argmax(-1)
        observations, rewards, terminations, truncations, _ = envs.step(actions.numpy())
        total += rewards * running
        running &= ~(terminations | truncations)
    envs.close()
    return float(total.mean())


def main() -> None:
    """Train an agent, and print how good it is."""
    parser = argparse.ArgumentParser(description="PPO in one file, with PyTorch, on the vector environment.")
    parser.add_argument("--env", default="LLMRouter-v0", help="the environment (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the agent (default: %(default)s)")
    parser.add_argument("--timesteps", type=int, default=100_000, help="prompts to learn from (default: %(default)s)")
    parser.add_argument("--num-envs", type=int, default=64, help="environments side by side (default: %(default)s)")
    flags = parser.parse_args()
    agent = train(flags.env, flags.seed, flags.timesteps, flags.num_envs)
    print(f"mean reward of 256 episodes with the most probable actions: {evaluate(agent, flags.env):.1f}")


if __name__ == "__main__":
    main()
