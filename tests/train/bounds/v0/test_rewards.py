"""Mean rewards in closed form, against the simulator's own steps and a rule that leaves some of them out."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.v0 import SIMULATOR, ModelConfig, RewardConfig, make_params
from jax_router.v0.env import State
from jax_router.v0.traffic import Prompt
from train.bounds.v0.rewards import answer_reward, wait_reward

MODELS = [
    ModelConfig("fast", 0.01, 0.02, 0.05, 0.98),  # mostly at the floor of the latency
    ModelConfig("certain", 0.02, 0.9, 0.0, 0.8),  # without spread
    ModelConfig("bad", 0.0, 1.4, 0.6, 0.1),  # quality is cut off at 0
]
REWARD = RewardConfig(cost_weight=1.5, quality_weight=0.7, latency_penalty=1.2, quality_miss_penalty=0.9)


@pytest.mark.parametrize("model", range(3))
@pytest.mark.parametrize("sla_threshold", [0.005, 1.0])
@pytest.mark.parametrize(("complexity", "depth"), [(0.05, 0.0), (0.3, 20.0), (0.8, 50.0)])
def test_mean_rewards_are_those_of_many_steps(key, model, sla_threshold, complexity, depth):
    params = make_params(models=MODELS, reward=replace(REWARD, sla_threshold=sla_threshold))
    required, num = 0.7, 200_000
    noise = SIMULATOR.draw_noise(key, params, (num,))
    prompt = Prompt(jnp.float32(0.4), jnp.float32(complexity), jnp.float32(required))
    state = State(jnp.full(3, depth, jnp.float32), jnp.float32(0), jnp.float32(1), prompt, jnp.int32(0))
    step = jax.vmap(lambda n: SIMULATOR.reward(SIMULATOR.transition(state, model, n, params)[1], params))
    rewards = np.asarray(step(noise), np.float64)
    expected = answer_reward(params, model, np.float64(complexity), np.float64(required))
    expected = expected + wait_reward(params, model, np.float64(depth))
    assert abs(rewards.mean() - expected) < 5 * rewards.std() / np.sqrt(num) + 1e-5
