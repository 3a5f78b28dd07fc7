"""PPO is PPO: probe environments with known values, and the agent that the project promises."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import make_params, run_episodes
from jax_router.gymnax_env import LLMRouter
from tests.helpers.probes import Probe
from train.algorithm.config import SHORT_RUN, Learning
from train.algorithm.normalize import normalize
from train.algorithm.ppo import PPO

PROBE_LEARNING = Learning(
    total_timesteps=32_768,
    num_envs=32,
    num_steps=16,
    num_epochs=4,
    num_minibatches=2,
    learning_rate=5e-3,
    discount=0.9,
    entropy_coef=0.005,
    layer_sizes=(32,),
    activation="tanh",  # an environment with one observation may leave a ReLU without a slope
    normalize_rewards=False,
)


def train_on(probe: Probe, learning: Learning = PROBE_LEARNING):
    """Values and probabilities of action 1 as functions of one observation, after training."""
    ppo = PPO(learning, probe)
    state, metrics = jax.jit(ppo.train)(jax.random.key(0), probe.default_params)
    assert all(np.isfinite(value).all() for value in metrics.values())

    def value_and_probability(observation: float) -> tuple[float, float]:
        raw = jnp.full((1, 1), observation, jnp.float32)
        logits, values = ppo.forward(state.network, normalize(raw, state.observation_stats))
        return float(values[0]), float(jax.nn.softmax(logits)[0, 1])

    return value_and_probability


def test_constant_reward_in_episodes_of_one_step() -> None:
    value, _ = train_on(Probe("constant"))(0.0)
    assert value == pytest.approx(1, abs=0.02)


def test_termination_ends_the_sum_and_a_time_limit_does_not() -> None:
    terminating, _ = train_on(Probe("constant", length=1))(0.0)
    limited, _ = train_on(Probe("constant", length=1, ends_by_time_limit=True))(0.0)
    assert terminating == pytest.approx(1, abs=0.05)
    assert limited == pytest.approx(1 / (1 - PROBE_LEARNING.discount), rel=0.05)


def test_reward_by_action_is_learned() -> None:
    value, probability = train_on(Probe("by_action"))(0.0)
    assert probability > 0.95
    assert value == pytest.approx(1, abs=0.07)


def test_value_by_observation() -> None:
    function = train_on(Probe("by_observation"))
    assert function(1.0)[0] == pytest.approx(1, abs=0.1)
    assert function(-1.0)[0] == pytest.approx(-1, abs=0.1)


def test_delayed_reward_is_discounted() -> None:
    function = train_on(Probe("delayed", length=2))
    assert function(0.5)[0] == pytest.approx(1, abs=0.05)
    assert function(0.0)[0] == pytest.approx(PROBE_LEARNING.discount, abs=0.05)


def test_one_key_gives_one_result() -> None:
    probe = Probe("by_action")
    ppo = PPO(replace(PROBE_LEARNING, total_timesteps=1024), probe)
    train = jax.jit(ppo.train)
    first, again, other = (train(jax.random.key(seed), probe.default_params)[0].network for seed in (0, 0, 1))
    same = jax.tree.map(lambda a, b: bool((a == b).all()), first, again)
    assert all(jax.tree.leaves(same))
    kernels = [jax.tree.leaves(network)[-1] for network in (first, other)]
    assert not np.array_equal(*kernels)


def test_blocks_of_updates_equal_the_whole_run() -> None:
    probe = Probe("by_action")
    ppo = PPO(replace(PROBE_LEARNING, total_timesteps=2048), probe)
    whole, metrics = jax.jit(ppo.train)(jax.random.key(0), probe.default_params)
    state = jax.jit(ppo.init)(jax.random.key(0), probe.default_params)
    block = jax.jit(ppo.update_block)
    means = []
    for _ in range(2):
        state, block_metrics = block(state, probe.default_params, jnp.int32(2))
        means.append(float(block_metrics["reward"]))
    np.testing.assert_allclose(means, metrics["reward"].reshape(2, 2).mean(1), rtol=1e-5)
    for a, b in zip(jax.tree.leaves(whole.network), jax.tree.leaves(state.network), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_starts_are_spread_over_the_episode() -> None:
    env = LLMRouter(episode_length=200)
    ppo = PPO(replace(SHORT_RUN, num_envs=256), env)
    state = jax.jit(ppo.init)(jax.random.key(0), env.default_params)
    steps = np.asarray(state.environments.state.step_count)
    assert steps.min() < 10
    assert steps.max() > 180
    assert steps.mean() == pytest.approx(100, abs=15)


def test_the_agent_beats_every_static_strategy_within_100_000_steps() -> None:
    """Above 390 on `default`; the best static strategy, always `tier2_small`, earns 359 (docs/dynamics.md)."""
    env = LLMRouter()
    params = make_params()
    ppo = PPO(SHORT_RUN, env)
    assert SHORT_RUN.total_timesteps == 100_000
    state, _ = jax.jit(ppo.train)(jax.random.key(0), params)

    def policy(key, observation, env_state):
        return ppo.greedy_action(state.network, state.observation_stats, observation)

    episodes = jax.jit(lambda key: run_episodes(key, policy, 256, params))(jax.random.key(123))
    assert episodes.reward.mean() > 390
    assert episodes.sla_violation_rate.mean() < 0.07
